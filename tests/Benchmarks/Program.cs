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
if (args is not ["agent"] and not ["vmm", ..] || chosen.Except(all).Any())
{
    Console.Error.WriteLine($"usage: MicroVm.Benchmarks agent | rollouts | vmm [{string.Join(" | ", all)}]...");
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
    string vmm = Environment.GetEnvironmentVariable("MICROVM_BENCH_VMM") ?? Path.Combine(artifacts, "microvm-vmm");
    NestedHost host = new(Setting("MICROVM_ROOT"), artifacts, vmm, work.FullName);
    // Alone: this machine's own clock sees who else is running.
    if (chosen.Contains("machine"))
    {
        new VmmBenchmark(vmm, "/usr/bin/qemu-system-x86_64", work.FullName, figures).Run();
    }

    new NestedBenchmark(host, figures).Run([.. chosen.Where(static name => name != "machine")]);

    figures.Say("nested hosts that hung and were repeated", $"{host.Hangs}");
    if (chosen.Length == all.Length && Environment.GetEnvironmentVariable("MICROVM_FIGURES") is string document)
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
