using Xunit.Sdk;

// Most time goes into waiting for agents, guests and programs; every test has a directory, ports and cgroups of its own.
[assembly: Xunit.v3.Parallelization(Mode = ParallelMode.All, MaxThreads = 4)]
