using MicroVm.Benchmarks.Agent;
using MicroVm.Benchmarks.Identity;
using MicroVm.Benchmarks.Measuring;
using MicroVm.Benchmarks.Nested;
using MicroVm.Benchmarks.Rollouts;
using MicroVm.Benchmarks.Workloads;

string[] chosen = args.Length > 1 ? args[1..] : VmmRun.All;
if (args is not ["agent"] and not ["memory"] and not ["rollouts"] and not ["workloads"] and not ["aarch64"] and not ["vmm", ..] || chosen.Except(VmmRun.All).Any())
{
    Console.Error.WriteLine($"usage: MicroVm.Benchmarks agent | memory | rollouts | workloads | aarch64 | vmm [{string.Join(" | ", VmmRun.All)}]...");
    return 2;
}

Figures figures = new();
string artifacts = Setting("MICROVM_ARTIFACTS");
DirectoryInfo work = Directory.CreateTempSubdirectory("microvm-bench-");
try
{
    switch (args[0])
    {
        case "agent":
            new TelemetryBenchmark(figures).Run();
            await new AgentBenchmark(Path.Combine(artifacts, "microvm-agent"), work.FullName, figures).RunAsync();
            break;
        case "memory": await new MemoryBenchmark(Setting("MICROVM_ROOT"), artifacts, work.FullName, figures).RunAsync(); break;
        case "rollouts":
            new PlannerBenchmark(figures).Run();
            await new IdentityBenchmark(work.FullName, figures).RunAsync();
            break;
        case "workloads":
            await new GuestMemoryBenchmark(Setting("MICROVM_ROOT"), artifacts, work.FullName, figures).RunAsync();
            await new LatencyBenchmark(work.FullName, figures).RunAsync();
            break;
        case "aarch64": new VmmRun(Setting("MICROVM_ROOT"), artifacts, work.FullName, figures).RunArm64(); break;
        default: new VmmRun(Setting("MICROVM_ROOT"), artifacts, work.FullName, figures).RunX64(chosen); break;
    }

    return figures.AnyMissed ? 1 : 0;
}
finally
{
    work.Delete(recursive: true);
}

static string Setting(string name) => Environment.GetEnvironmentVariable(name)
    ?? throw new InvalidOperationException($"{name} names no folder; run tests/bench.sh");
