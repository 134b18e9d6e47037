/* Wine 8 lacks bcryptprimitives.dll, from which every Rust program for Windows takes its random numbers (since Rust 1.78).
 * It has one documented function: ProcessPrng(buffer, length) fills the buffer and is always TRUE. */
#include <windows.h>

/* RtlGenRandom of advapi32.dll goes by this name (ntsecapi.h). */
BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length < 65536 ? (ULONG)length : 65536;
        if (!SystemFunction036(buffer, part)) return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}
