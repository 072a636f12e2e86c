using System.Globalization;

namespace MicroVm.Benchmarks.Nested.Host.Tracing;

/// <summary>
/// KVM's trace points while something happens: how often a vCPU left the guest and why, and where the time went. Tracing
/// itself costs about a microsecond an event, so what is traced is never what is measured.
/// </summary>
internal sealed class ExitTrace
{
    private const string Folder = "/sys/kernel/tracing";
    private static readonly string[] s_events = ["kvm/kvm_entry", "kvm/kvm_exit", "kvm/kvm_userspace_exit", "kvm/kvm_pio", "kvm/kvm_mmio", "kvm/kvm_msr"];
    private static readonly string[] s_startEvents = ["syscalls", "exceptions/page_fault_user"];
    private readonly HashSet<int> _threads;
    private readonly VcpuTimeline _timeline = new();
    private readonly SystemCallTimes _start = new();

    private ExitTrace(HashSet<int> threads) => _threads = threads;

    /// <summary>What the process did until its guest was entered first; only of a trace that was started with it.</summary>
    internal SystemCallTimes StartUp => _start;

    /// <summary>What the vCPU did.</summary>
    internal VcpuTimeline Vcpu => _timeline;

    /// <summary>Empties the buffer and starts to record.</summary>
    /// <param name="withStart">System calls and page faults too.</param>
    internal static void Start(bool withStart = false)
    {
        File.WriteAllText($"{Folder}/buffer_size_kb", "65536");
        File.WriteAllText($"{Folder}/trace_clock", "mono");
        File.WriteAllText($"{Folder}/trace", "");
        Switch("1", withStart);
    }

    /// <summary>Stops and reads what the threads of a process did.</summary>
    internal static ExitTrace Stop(int pid)
    {
        Switch("0", withStart: true);
        ExitTrace trace = new([.. Directory.EnumerateDirectories($"/proc/{pid}/task").Select(path => int.Parse(Path.GetFileName(path)))]);
        foreach (string line in File.ReadLines($"{Folder}/trace"))
        {
            trace.Take(line);
        }

        File.WriteAllText($"{Folder}/buffer_size_kb", "64");
        return trace;
    }

    private static void Switch(string value, bool withStart)
    {
        foreach (string name in withStart ? [.. s_events, .. s_startEvents] : s_events)
        {
            File.WriteAllText($"{Folder}/events/{name}/enable", value);
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
        double micros = double.Parse(line.AsSpan(time + 1, colon - time - 1), CultureInfo.InvariantCulture) * 1e6;
        string text = line[(colon + 2)..];
        if (text.StartsWith("kvm_", StringComparison.Ordinal))
        {
            int end = text.IndexOf(": ", StringComparison.Ordinal);
            _timeline.Take(micros, text[..end], text[(end + 2)..]);
        }
        else if (_timeline.FirstEntryUs < 0)
        {
            _start.Take(thread, micros, text);
        }
    }
}
