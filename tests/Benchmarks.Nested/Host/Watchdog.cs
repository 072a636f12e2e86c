using System.Text;
using MicroVm.Benchmarks.Nested.Host.Tracing;
using MicroVm.Benchmarks.Nested.Interop;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>
/// Ends the nested host when it has reported nothing for long by its own clock, and says what the VMMs were doing. A host that
/// is stuck itself stays silent: so the two kinds of hang are told apart.
/// </summary>
internal static unsafe class Watchdog
{
    private const int StackBytes = 256 << 10;
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Starts to watch.</summary>
    /// <param name="report">What has to go on.</param>
    /// <param name="limitSeconds">For how long it may be silent.</param>
    /// <param name="powerOff">Ends the host.</param>
    internal static void Start(Report report, int limitSeconds, Action powerOff) =>
        new Thread(() => Watch(report, limitSeconds, powerOff), StackBytes) { IsBackground = true }.Start();

    private static void Watch(Report report, int limitSeconds, Action powerOff)
    {
        while (NestedVm.NowNs - report.LastNs < limitSeconds * NanosecondsPerSecond)
        {
            Pause(NanosecondsPerSecond);
        }

        report.Stuck(string.Join(" | ", NestedVm.Running.Select(TryDescribe)));
        powerOff();
    }

    private static string TryDescribe(int pid)
    {
        try
        {
            return Describe(pid);
        }
        catch (Exception e)
        {
            // A process may end meanwhile.
            return $"process {pid}: {e}";
        }
    }

    private static string Describe(int pid)
    {
        StringBuilder text = new($"process {pid}, {KvmStatistics.Exits(pid)} exits so far:");
        foreach (string task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            string[] state = File.ReadAllText($"{task}/stat").Split(' ');
            text.Append($" {File.ReadAllText($"{task}/comm").Trim()} {state[2]} in {File.ReadAllText($"{task}/wchan")} [{File.ReadAllText($"{task}/syscall").Trim()}],");
        }

        ExitTrace.Start();
        Pause(NanosecondsPerSecond);
        VcpuTimeline timeline = ExitTrace.Stop(pid).Vcpu;
        return text.Append($" in the next second {timeline.Describe()}; {timeline.DescribeDetails(8)}").ToString();
    }

    private static void Pause(long nanoseconds)
    {
        TimeSpec pause = new() { Seconds = nanoseconds / NanosecondsPerSecond, Nanoseconds = nanoseconds % NanosecondsPerSecond };
        // SAFETY: the kernel reads one structure.
        _ = Native.nanosleep(&pause, null);
    }
}
