/* Takes the place of Wine's powershell.exe, which does nothing, for the helper of the Credential Manager only. It is no PowerShell: it
 * takes from the script the name of the item, checks that the script reads size and place of the text where CREDENTIALW has them, and
 * does the same with the real CredReadW. So it shows that the helper asks for the item that codex-link has written, that the text is
 * UTF-16, and that codex.exe starts such a helper; not that a PowerShell takes the script.
 * x86_64-w64-mingw32-gcc -O2 -o powershell.exe powershell.c -ladvapi32 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <wincred.h>

_Static_assert(offsetof(CREDENTIALW, CredentialBlobSize) == 16 + 2 * sizeof(void *), "the script says where the size is");
_Static_assert(offsetof(CREDENTIALW, CredentialBlob) == 16 + 3 * sizeof(void *), "the script says where the text is");

static int fail(const char *why) {
    fprintf(stderr, "powershell: %s\n", why);
    return 1;
}

/* 'a' + ('' + [char] 0x00e9 + 'b') ... : words in single quotes, characters by number, and the user's name, added up. */
static int evaluate(const char *at, WCHAR *out, size_t room) {
    size_t length = 0;
    while (*at && *at != '\r') {
        if (strchr(" +()", *at)) {
            at++;
        } else if (*at == '\'') {
            for (at++; *at && (*at != '\'' || at[1] == '\''); at++) {
                if (*at == '\'') at++;
                if (length + 1 >= room) return 0;
                out[length++] = (WCHAR)*at;
            }
            at++;
        } else if (strncmp(at, "[char] 0x", 9) == 0) {
            unsigned unit;
            if (sscanf(at + 9, "%4x", &unit) != 1 || length + 1 >= room) return 0;
            out[length++] = (WCHAR)unit;
            at += 13;
        } else if (strncmp(at, "[Environment]::UserName", 23) == 0) {
            DWORD count = (DWORD)(room - length);
            if (!GetUserNameW(out + length, &count)) return 0;
            length += count - 1;
            at += 23;
        } else {
            return 0;
        }
    }
    out[length] = 0;
    return length > 0;
}

int main(int argc, char **argv) {
    static const char *flags[] = {"-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"};
    static char script[65536];
    WCHAR target[512];
    CREDENTIALW *item;
    if (argc != 7) return fail("not the arguments of a helper");
    for (int i = 0; i < 5; i++)
        if (strcmp(argv[i + 1], flags[i]) != 0) return fail("not the arguments of a helper");
    FILE *file = fopen(argv[6], "rb");
    if (!file) return fail("there is no such script");
    fread(script, 1, sizeof script - 1, file);
    fclose(file);
    const char *line = strstr(script, "\r\n$target = ");
    if (!line || !evaluate(line + 12, target, 512)) return fail("the script names no item");
    if (!strstr(script, "ReadInt32($pointer, 16 + 2 * [IntPtr]::Size)") || !strstr(script, "ReadIntPtr($pointer, 16 + 3 * [IntPtr]::Size)"))
        return fail("the script reads elsewhere");
    if (!CredReadW(target, CRED_TYPE_GENERIC, 0, &item)) return fail("there is no such item");
    const WCHAR *text = (const WCHAR *)item->CredentialBlob;
    for (DWORD i = 0; i < item->CredentialBlobSize / 2; i++) {
        if (text[i] < 0x21 || text[i] > 0x7e) return fail("the token is not printable");
        putchar((char)text[i]);
    }
    putchar('\n');
    CredFree(item);
    return 0;
}
