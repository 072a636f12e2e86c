using System.Collections.Concurrent;
using MicroVm.Benchmarks.Measuring;

namespace MicroVm.Benchmarks.Nested;

/// <summary>Scenarios in the nested host and the goals of their figures; ratios are to QEMU microvm in the same boot.</summary>
internal sealed class NestedBenchmark(NestedHost host, Figures figures)
{
    private const int Runners = 2;
    private const double GoalResidentKib = 3072, GoalGrowthKib = 256;
    // The peer of vsock is in the kernel: the goals are what Firecracker 1.16.1 showed in a nested host like this one.
    private const double GoalVsockRoundTripUs = 84, GoalVsockOutUs = 2080, GoalVsockInUs = 5560;
    private static readonly int s_growthSeconds = Number("MICROVM_BENCH_SECONDS", 600);

    internal const string BootName = "exec to the guest's init, small kernel", BootExitsName = "exits until the guest's init, small kernel";
    internal const string BootEndName = "the guest's reboot to the VMM's end, small kernel", BootApiName = "exec to the first answer of the API";

    /// <summary>How many rounds are measured, for process 1 of the nested host.</summary>
    internal static string RoundsParameter { get; } = $"bench_rounds={Number("MICROVM_BENCH_ROUNDS", 5)}";

    /// <summary>Figures of the memory scenario, and when they were taken.</summary>
    internal static IReadOnlyList<(string Figure, string When)> MemoryFigures { get; } =
        [("memory-boot", "after boot"), ("memory-reads", "after 64 MiB of reads")];

    /// <summary>All scenarios, in the order of their running.</summary>
    internal static IReadOnlyList<string> Scenarios { get; } = ["kernel", "boot", "debian", "block", "net", "vsock", "memory", "growth"];

    /// <summary>
    /// Runs scenarios, two at a time, and judges them in the order given. Counted time does not see who else is running, and the
    /// other scenarios measure no time.
    /// </summary>
    internal void Run(IReadOnlyList<string> scenarios)
    {
        if (scenarios.Count == 0)
        {
            return;
        }

        host.MakeImage();
        // The longest first.
        ConcurrentQueue<string> waiting = new(scenarios.OrderByDescending(static name => name switch { "growth" => 2, "debian" => 1, _ => 0 }));
        Dictionary<string, TaskCompletionSource<NestedResults>> results = scenarios.ToDictionary(
            static name => name, static _ => new TaskCompletionSource<NestedResults>(TaskCreationOptions.RunContinuationsAsynchronously));
        for (int runner = 0; runner < Runners; runner++)
        {
            // A nested host dies with the thread that started it.
            new Thread(() =>
            {
                while (waiting.TryDequeue(out string? name))
                {
                    try
                    {
                        results[name].SetResult(Run(name));
                    }
                    catch (Exception e)
                    {
                        results[name].SetException(e);
                    }
                }
            }) { IsBackground = true }.Start();
        }

        foreach (string name in scenarios)
        {
            try
            {
                Report(name, results[name].Task.GetAwaiter().GetResult());
            }
            catch (NestedHangException e)
            {
                // The other scenarios' figures are worth having.
                figures.Lost(name, $"no figures, the nested host hung twice ({e.Message})");
            }
        }
    }

    private void Report(string name, NestedResults reported)
    {
        Judge(name, reported);
        foreach (string note in reported.Notes)
        {
            figures.Note(note);
        }
    }

    private NestedResults Run(string scenario)
    {
        // What is no time needs no counted time, which is five times slower.
        bool counted = scenario is not ("kernel" or "memory" or "growth");
        string parameters = $"{RoundsParameter} bench_seconds={s_growthSeconds} bench_silence={(counted ? 60 : 150)}";
        TimeSpan limit = TimeSpan.FromMinutes(25) + TimeSpan.FromSeconds(scenario == "growth" ? 2 * s_growthSeconds : 0);
        return host.Run(scenario, counted, parameters, limit);
    }

    private static int Number(string variable, int fallback) =>
        Environment.GetEnvironmentVariable(variable) is string text ? int.Parse(text) : fallback;

    private void Judge(string scenario, NestedResults results)
    {
        switch (scenario)
        {
            case "boot": JudgeBoot(results); break;
            case "debian": JudgeDebianBoot(results); break;
            case "block": JudgeBlock(results); break;
            case "net": JudgeNet(results); break;
            case "vsock": JudgeVsock(results); break;
            case "memory": JudgeMemory(results); break;
            case "growth": figures.AtMost($"growth under block and net load of {s_growthSeconds} s", results.Ours("growth-kib"), GoalGrowthKib, " KiB"); break;
            default: break;
        }
    }

    private void JudgeBoot(NestedResults results)
    {
        Ratio(results, BootName, "boot-init-ms", 0.45, "ms");
        figures.Beside(BootExitsName, $"{results.Ours("boot-exits"):0}", $"{results.Peer("boot-exits"):0}");
        figures.Beside(BootEndName, $"{results.Ours("boot-end-ms"):0.0} ms", $"{results.Peer("boot-end-ms"):0.0} ms");
        figures.Beside(BootApiName, $"{results.Ours("boot-api-ms"):0.0} ms", $"{results.Peer("boot-api-ms"):0.0} ms");
    }

    private void JudgeDebianBoot(NestedResults results)
    {
        // The form that each is usually given. Firecracker's ELF beside QEMU's bzImage is 0.52.
        double ours = results.Ours("debian-elf-ms"), peer = results.Peer("debian-bzimage-ms");
        figures.AtMost("exec to exit, Debian's kernel, ours as ELF, QEMU's as bzImage", ours / peer, 0.48, "x", $"{ours:0} ms", $"{peer:0} ms");
        double transparent = results.Ours("debian-elf-transparent-ms");
        figures.Beside(
            "exec to exit, Debian's kernel, ours as ELF with huge_pages Transparent", $"{transparent:0} ms ({transparent / peer:0.###}x)", $"{peer:0} ms");
        foreach ((string form, string figure) in (IEnumerable<(string, string)>)[("ELF", "debian-elf-ms"), ("bzImage", "debian-bzimage-ms")])
        {
            (ours, peer) = (results.Ours(figure), results.Peer(figure));
            figures.Beside($"exec to exit, Debian's kernel, both as {form}", $"{ours:0} ms ({ours / peer:0.###}x)", $"{peer:0} ms");
        }
    }

    private void JudgeBlock(NestedResults results)
    {
        PerUnit(results, "block, 4 KiB random read", "block-read-4k", 0.45);
        PerUnit(results, "block, 4 KiB random write", "block-write-4k", 0.45);
        PerUnit(results, "block, 128 KiB sequential read", "block-read-128k", 1.0);
        PerUnit(results, "block, 128 KiB sequential write", "block-write-128k", 1.0);
    }

    private void JudgeNet(NestedResults results)
    {
        PerUnit(results, "net, UDP round trip of 64 bytes", "net-udp", 0.95);
        PerUnit(results, "net, TCP round trip of 64 bytes", "net-tcp", 0.95);
        PerUnit(results, "net, TCP stream out, per MiB", "net-out", 0.95);
        PerUnit(results, "net, TCP stream in, per MiB", "net-in", 0.95);
    }

    private void JudgeVsock(NestedResults results)
    {
        figures.AtMost("vsock, round trip of 64 bytes", results.Ours("vsock-echo-us"), GoalVsockRoundTripUs, " µs");
        figures.AtMost("vsock, stream out, per MiB", results.Ours("vsock-out-us"), GoalVsockOutUs, " µs");
        figures.AtMost("vsock, stream in, per MiB", results.Ours("vsock-in-us"), GoalVsockInUs, " µs");
        foreach (string figure in (IEnumerable<string>)["vsock-echo", "vsock-out", "vsock-in"])
        {
            figures.Beside($"{figure}: exits, notifications, interrupts", Counts(figure, results.Ours), "");
        }
    }

    private void JudgeMemory(NestedResults results)
    {
        foreach ((string figure, string when) in MemoryFigures)
        {
            figures.AtMost(ResidentName(when), results.Ours($"{figure}-rss"), GoalResidentKib, " KiB", peer: $"{results.Peer($"{figure}-rss"):N0} KiB");
            figures.Beside(SharesName(when), Shares(figure, results.Ours), Shares(figure, results.Peer));
        }
    }

    internal static string ResidentName(string when) => $"resident outside guest memory, all devices, {when}";

    internal static string SharesName(string when) => $"PSS / private dirty / VmPTE, {when}";

    /// <summary>A side's proportional share, private dirty memory and page tables.</summary>
    internal static string Shares(string figure, Func<string, double> of) =>
        $"{of($"{figure}-pss"):N0} / {of($"{figure}-dirty"):N0} / {of($"{figure}-pte"):N0} KiB";

    private void PerUnit(NestedResults results, string name, string figure, double goal)
    {
        Ratio(results, name, $"{figure}-us", goal, "µs");
        figures.Beside($"{name}: exits, notifications, interrupts", Counts(figure, results.Ours), Counts(figure, results.Peer));
    }

    private void Ratio(NestedResults results, string name, string figure, double goal, string unit)
    {
        double ours = results.Ours(figure), peer = results.Peer(figure);
        figures.AtMost(name, ours / peer, goal, "x", $"{ours:0.0} {unit}", $"{peer:0.0} {unit}");
    }

    private static string Counts(string figure, Func<string, double> of) =>
        $"{of($"{figure}-exits"):0.0}, {of($"{figure}-kicks"):0.0}, {of($"{figure}-irqs"):0.0}";
}
