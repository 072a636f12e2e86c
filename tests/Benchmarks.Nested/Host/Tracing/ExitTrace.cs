using System.Globalization;

namespace MicroVm.Benchmarks.Nested.Host.Tracing;

/// <summary>
/// KVM's trace points while something happens: how often a vCPU left the guest and why, and where the time went. Tracing
/// itself costs about a microsecond an event, so what is traced is never what is measured.
/// </summary>
internal sealed class ExitTrace
{
    private const string Folder = "/sys/kernel/tracing";
    private static readonly string[] s_events = ["kvm_entry", "kvm_exit", "kvm_userspace_exit", "kvm_pio", "kvm_mmio", "kvm_msr"];
    private readonly HashSet<int> _threads;
    private readonly VcpuTimeline _timeline = new();

    private ExitTrace(HashSet<int> threads) => _threads = threads;

    /// <summary>Empties the buffer and starts to record.</summary>
    internal static void Start()
    {
        File.WriteAllText($"{Folder}/buffer_size_kb", "65536");
        File.WriteAllText($"{Folder}/trace_clock", "mono");
        File.WriteAllText($"{Folder}/trace", "");
        Switch("1");
    }

    /// <summary>Stops and reads what the threads of a process did.</summary>
    internal static VcpuTimeline Stop(int pid)
    {
        Switch("0");
        ExitTrace trace = new([.. Directory.EnumerateDirectories($"/proc/{pid}/task").Select(path => int.Parse(Path.GetFileName(path)))]);
        foreach (string line in File.ReadLines($"{Folder}/trace"))
        {
            trace.Take(line);
        }

        File.WriteAllText($"{Folder}/buffer_size_kb", "64");
        return trace._timeline;
    }

    private static void Switch(string value)
    {
        foreach (string name in s_events)
        {
            File.WriteAllText($"{Folder}/events/kvm/{name}/enable", value);
        }
    }

    // "            vcpu0-123     [000] d..1.    12.345678: kvm_exit: vcpu 0 reason npf rip 0x..."
    private void Take(string line)
    {
        int processor = line.IndexOf(" [", StringComparison.Ordinal);
        int dash = processor < 0 ? -1 : line.LastIndexOf('-', processor);
        if (line.StartsWith('#') || dash < 0 || !int.TryParse(line.AsSpan(dash + 1, processor - dash - 1).Trim(), out int thread) || !_threads.Contains(thread))
        {
            return;
        }

        int colon = line.IndexOf(": ", processor, StringComparison.Ordinal);
        int time = line.LastIndexOf(' ', colon);
        int end = line.IndexOf(": ", colon + 2, StringComparison.Ordinal);
        if (end > 0)
        {
            double micros = double.Parse(line.AsSpan(time + 1, colon - time - 1), CultureInfo.InvariantCulture) * 1e6;
            _timeline.Take(micros, line[(colon + 2)..end], line[(end + 2)..]);
        }
    }
}
