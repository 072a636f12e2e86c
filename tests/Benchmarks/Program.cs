using MicroVm.Benchmarks.Measuring;
using MicroVm.Benchmarks.Vmm;

if (args is not ["vmm"])
{
    Console.Error.WriteLine("usage: MicroVm.Benchmarks vmm");
    return 2;
}

string artifacts = Environment.GetEnvironmentVariable("MICROVM_ARTIFACTS")
    ?? throw new InvalidOperationException("MICROVM_ARTIFACTS names no folder of built binaries; run tests/bench.sh");
DirectoryInfo work = Directory.CreateTempSubdirectory("microvm-bench-");
try
{
    Figures figures = new();
    new VmmBenchmark(Path.Combine(artifacts, "microvm-vmm"), "/usr/bin/qemu-system-x86_64", work.FullName, figures).Run();
    return figures.AnyMissed ? 1 : 0;
}
finally
{
    work.Delete(recursive: true);
}
