using MicroVm.Benchmarks.Measuring;

namespace MicroVm.Benchmarks.Nested;

/// <summary>
/// The VMM in a nested aarch64 host: memory and counted boot time. Nothing stands beside it there, so only memory has a goal. And the sizes
/// of what is shipped for both architectures.
/// </summary>
/// <param name="root">The clone.</param>
/// <param name="artifacts">Folder of the x86_64 programs; those of aarch64 lie in its folder of that name.</param>
/// <param name="vmm">Another VMM that is measured, or null.</param>
/// <param name="workFolder">For the console's log.</param>
/// <param name="figures">Takes the results.</param>
internal sealed class Arm64Benchmark(string root, string artifacts, string? vmm, string workFolder, Figures figures)
{
    private const double GoalResidentKib = 3072, GoalVmmBytes = 2_650_000;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);
    private readonly string _folder = Path.Combine(artifacts, "aarch64");

    internal void Run()
    {
        NestedHost host = new("aarch64", root, _folder, vmm ?? Path.Combine(_folder, "microvm-vmm"), workFolder);
        host.MakeImage();
        Attempt(host, "kernel", counted: false, static _ => { });
        Attempt(host, "memory", counted: false, JudgeMemory);
        Attempt(host, "boot", counted: true, JudgeBoot);
        foreach (string name in (IEnumerable<string>)["microvm-vmm", "microvm-init", "microvm-agent", "mvm"])
        {
            JudgeSize(name);
        }

        figures.Say("nested hosts that hung and were repeated", $"{host.Hangs}");
    }

    private void Attempt(NestedHost host, string scenario, bool counted, Action<NestedResults> judge)
    {
        try
        {
            NestedResults results = host.Run(scenario, counted, $"{NestedBenchmark.RoundsParameter} bench_silence={(counted ? 60 : 150)}", s_limit);
            judge(results);
            foreach (string note in results.Notes)
            {
                figures.Note($"aarch64, {note}");
            }
        }
        catch (NestedHangException e)
        {
            figures.Lost(scenario, $"no figures, the nested host hung twice ({e.Message})");
        }
    }

    private void JudgeMemory(NestedResults results)
    {
        foreach ((string figure, string when) in NestedBenchmark.MemoryFigures)
        {
            figures.AtMost(NestedBenchmark.ResidentName(when), results.Ours($"{figure}-rss"), GoalResidentKib, " KiB");
            figures.Beside(NestedBenchmark.SharesName(when), NestedBenchmark.Shares(figure, results.Ours), "");
        }
    }

    private void JudgeBoot(NestedResults results)
    {
        figures.Beside(NestedBenchmark.BootName, $"{results.Ours("boot-init-ms"):0.0} ms", "");
        figures.Beside(NestedBenchmark.BootExitsName, $"{results.Ours("boot-exits"):0}", "");
        figures.Beside(NestedBenchmark.BootEndName, $"{results.Ours("boot-end-ms"):0.0} ms", "");
        figures.Beside(NestedBenchmark.BootApiName, $"{results.Ours("boot-api-ms"):0.0} ms", "");
    }

    private void JudgeSize(string name)
    {
        double own = new FileInfo(Path.Combine(artifacts, name)).Length, arm = new FileInfo(Path.Combine(_folder, name)).Length;
        if (name == "microvm-vmm")
        {
            // What Vmm.KvmTests allows.
            figures.AtMost($"size of {name}, x86_64", own, GoalVmmBytes, " bytes");
            figures.AtMost($"size of {name}, aarch64", arm, GoalVmmBytes, " bytes");
        }
        else
        {
            figures.Beside($"size of {name}, x86_64", $"{own:N0} bytes", "");
            figures.Beside($"size of {name}, aarch64", $"{arm:N0} bytes", "");
        }
    }
}
