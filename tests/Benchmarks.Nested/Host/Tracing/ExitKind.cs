namespace MicroVm.Benchmarks.Nested.Host.Tracing;

/// <summary>All exits of one reason.</summary>
internal sealed class ExitKind
{
    internal int Count { get; set; }

    /// <summary>From the exit until the VMM or the guest went on, in microseconds.</summary>
    internal double KernelUs { get; set; }

    /// <summary>In the VMM, and on the way from it into the guest.</summary>
    internal double VmmUs { get; set; }
}
