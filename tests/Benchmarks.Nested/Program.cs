using MicroVm.Benchmarks.Nested.Guest;
using MicroVm.Benchmarks.Nested.Host;
using MicroVm.Vmm.Guest.Interop;

if (Libc.getpid() != 1)
{
    Console.Error.WriteLine($"expected to be process 1 of a nested host or of a guest in it, found process {Libc.getpid()}");
    return 2;
}

// The kernel hands its parameters of the form name=value to process 1 as environment.
if (Environment.GetEnvironmentVariable("bench") is string scenarios)
{
    HostProgram.Run(scenarios);
}
else
{
    GuestProgram.Run();
}

return 0;
