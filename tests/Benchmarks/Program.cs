using MicroVm.Benchmarks.Agent;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Benchmarks.Vmm;

if (args is not ["vmm" or "agent"])
{
    Console.Error.WriteLine("usage: MicroVm.Benchmarks vmm|agent");
    return 2;
}

string artifacts = Environment.GetEnvironmentVariable("MICROVM_ARTIFACTS")
    ?? throw new InvalidOperationException("MICROVM_ARTIFACTS names no folder of built binaries; run tests/bench.sh");
DirectoryInfo work = Directory.CreateTempSubdirectory("microvm-bench-");
try
{
    Figures figures = new();
    if (args[0] == "vmm")
    {
        new VmmBenchmark(Path.Combine(artifacts, "microvm-vmm"), "/usr/bin/qemu-system-x86_64", work.FullName, figures).Run();
        if (Environment.GetEnvironmentVariable("MICROVM_FIGURES") is string document)
        {
            FiguresDocument.Write(document, "tests/bench.sh vmm", figures);
        }
    }
    else
    {
        await new AgentBenchmark(Path.Combine(artifacts, "microvm-agent"), work.FullName, figures).RunAsync();
    }

    return figures.AnyMissed ? 1 : 0;
}
finally
{
    work.Delete(recursive: true);
}
