namespace MicroVm.Benchmarks.Nested.Host.Tracing;

/// <summary>What one vCPU did: in the guest, in KVM, in the VMM; by reason of exit.</summary>
internal sealed class VcpuTimeline
{
    private readonly Dictionary<string, ExitKind> _kinds = [];
    private readonly Dictionary<string, int> _details = [];
    private string? _reason;
    private double _enteredAt = -1, _exitedAt = -1, _leftKernelAt = -1;

    /// <summary>When the guest was entered first, in microseconds of CLOCK_MONOTONIC; negative when it never was.</summary>
    internal double FirstEntryUs { get; private set; } = -1;

    internal double GuestUs { get; private set; }

    internal int Exits => _kinds.Values.Sum(kind => kind.Count);

    internal IReadOnlyDictionary<string, ExitKind> Kinds => _kinds;

    /// <summary>Accesses by port, address and model-specific register.</summary>
    internal IReadOnlyDictionary<string, int> Details => _details;

    /// <summary>Writes to a virtio-mmio QueueNotify register (offset 0x50 of its window).</summary>
    internal int Notifications => _details.Where(detail => detail.Key.StartsWith("mmio write", StringComparison.Ordinal) && detail.Key.EndsWith("50", StringComparison.Ordinal)).Sum(detail => detail.Value);

    internal void Take(double us, string name, string text)
    {
        switch (name)
        {
            case "kvm_entry": Enter(us); break;
            case "kvm_exit": Exit(us, Word(text, "reason ")); break;
            case "kvm_userspace_exit": _leftKernelAt = us; break;
            case "kvm_pio": Count($"{text.Split(' ')[0]} {Word(text, "at ")}"); break;
            case "kvm_mmio" when !text.Contains("unsatisfied", StringComparison.Ordinal): Count($"mmio {text.Split(' ')[1]} {Word(text, "gpa ")}"); break;
            case "kvm_msr": Count(string.Join(' ', text.Split(' ')[..2])); break;
            default: break;
        }
    }

    /// <summary>One line: totals, then each kind with its count and its cost in KVM and in the VMM.</summary>
    internal string Describe() =>
        $"{Exits} exits, guest {GuestUs / 1e3:0.0} ms, kvm {_kinds.Values.Sum(kind => kind.KernelUs) / 1e3:0.0} ms, vmm {_kinds.Values.Sum(kind => kind.VmmUs) / 1e3:0.0} ms, idle {_kinds.GetValueOrDefault("hlt")?.KernelUs / 1e3 ?? 0:0.0} ms of kvm's: "
        + string.Join(", ", _kinds.OrderByDescending(kind => kind.Value.Count).Select(kind => $"{kind.Key} {kind.Value.Count} ({kind.Value.KernelUs / 1e3:0.00}+{kind.Value.VmmUs / 1e3:0.00} ms)"));

    /// <summary>The most frequent ports, addresses and registers.</summary>
    internal string DescribeDetails(int most) =>
        string.Join(", ", _details.OrderByDescending(detail => detail.Value).Take(most).Select(detail => $"{detail.Key}: {detail.Value}"));

    private void Enter(double us)
    {
        FirstEntryUs = FirstEntryUs < 0 ? us : FirstEntryUs;
        if (_reason is not null)
        {
            ExitKind kind = _kinds[_reason];
            bool wasInVmm = _leftKernelAt >= _exitedAt;
            kind.KernelUs += (wasInVmm ? _leftKernelAt : us) - _exitedAt;
            kind.VmmUs += wasInVmm ? us - _leftKernelAt : 0;
        }

        _enteredAt = us;
        _reason = null;
    }

    private void Exit(double us, string reason)
    {
        GuestUs += _enteredAt >= 0 ? us - _enteredAt : 0;
        _enteredAt = -1;
        _exitedAt = us;
        _reason = reason;
        if (!_kinds.TryGetValue(reason, out ExitKind? kind))
        {
            _kinds[reason] = kind = new ExitKind();
        }

        kind.Count++;
    }

    private void Count(string detail) => _details[detail] = _details.GetValueOrDefault(detail) + 1;

    private static string Word(string text, string before)
    {
        int start = text.IndexOf(before, StringComparison.Ordinal);
        start = start < 0 ? 0 : start + before.Length;
        int end = text.IndexOf(' ', start);
        return end < 0 ? text[start..] : text[start..end];
    }
}
