using MicroVm.Benchmarks.Agent;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Benchmarks.Nested;
using MicroVm.Benchmarks.Rollouts;
using MicroVm.Benchmarks.Vmm;

if (args is ["rollouts"])
{
    Figures rollouts = new();
    new PlannerBenchmark(rollouts).Run();
    return rollouts.AnyMissed ? 1 : 0;
}

string[] all = ["machine", .. NestedBenchmark.Scenarios];
string[] chosen = args.Length > 1 ? args[1..] : all;
if (args is not ["agent"] and not ["aarch64"] and not ["vmm", ..] || chosen.Except(all).Any())
{
    Console.Error.WriteLine($"usage: MicroVm.Benchmarks agent | rollouts | aarch64 | vmm [{string.Join(" | ", all)}]...");
    return 2;
}

string artifacts = Setting("MICROVM_ARTIFACTS");
DirectoryInfo work = Directory.CreateTempSubdirectory("microvm-bench-");
try
{
    Figures figures = new();
    if (args[0] == "agent")
    {
        await new AgentBenchmark(Path.Combine(artifacts, "microvm-agent"), work.FullName, figures).RunAsync();
        return figures.AnyMissed ? 1 : 0;
    }

    // Another VMM binary may be measured: its developer says which.
    string? anotherVmm = Environment.GetEnvironmentVariable("MICROVM_BENCH_VMM");
    string? document = Environment.GetEnvironmentVariable("MICROVM_FIGURES");
    if (args[0] == "aarch64")
    {
        new Arm64Benchmark(Setting("MICROVM_ROOT"), artifacts, anotherVmm, work.FullName, figures).Run();
        FiguresDocument.WriteArm64(document, "tests/bench.sh aarch64", figures);
        return figures.AnyMissed ? 1 : 0;
    }

    string vmm = anotherVmm ?? Path.Combine(artifacts, "microvm-vmm");
    NestedHost host = new("x86_64", Setting("MICROVM_ROOT"), artifacts, vmm, work.FullName);
    // Alone: this machine's own clock sees who else is running.
    if (chosen.Contains("machine"))
    {
        new VmmBenchmark(vmm, "/usr/bin/qemu-system-x86_64", work.FullName, figures).Run();
    }

    new NestedBenchmark(host, figures).Run([.. chosen.Where(static name => name != "machine")]);

    figures.Say("nested hosts that hung and were repeated", $"{host.Hangs}");
    if (chosen.Length == all.Length)
    {
        FiguresDocument.Write(document, "tests/bench.sh vmm", figures);
    }

    return figures.AnyMissed ? 1 : 0;
}
finally
{
    work.Delete(recursive: true);
}

static string Setting(string name) => Environment.GetEnvironmentVariable(name)
    ?? throw new InvalidOperationException($"{name} names no folder; run tests/bench.sh");
