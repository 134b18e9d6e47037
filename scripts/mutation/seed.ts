import fc from 'fast-check';

// A mutant that only one run in ten would notice must not be dead today and alive tomorrow.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.MUTATION_SEED ?? 1) });
