using MicroVm.EdgeAgent.Telemetry;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>
/// Judges how short of memory the device is. Pure. What the kernel counts (PSI) says it first; a kernel that does not count has
/// only what is available. A word once said is taken back later than it was said, so that it does not flutter.
/// </summary>
internal static class PressureDecisions
{
    private const int SomeFrom = 10_00, SomeUntil = 5_00, HighFrom = 40_00, HighFullFrom = 10_00, HighUntil = 20_00;

    // Parts of all memory that are available, in thousandths.
    private const ulong SomeBelow = 40, SomeAbove = 60, HighBelow = 20, HighAbove = 30, Thousand = 1000;

    /// <summary>The judgement.</summary>
    /// <param name="before">The judgement before.</param>
    /// <param name="psi">What programs waited; null where the kernel does not count it.</param>
    /// <param name="memory">What the device has.</param>
    internal static HostPressure Next(HostPressure before, PressureReading? psi, MemoryInfo memory)
    {
        HostPressure byRoom = ByRoom(before, memory);
        HostPressure byWaiting = psi is PressureReading reading ? ByWaiting(before, reading) : HostPressure.None;
        return byRoom > byWaiting ? byRoom : byWaiting;
    }

    private static HostPressure ByWaiting(HostPressure before, PressureReading psi) =>
        psi.Some >= HighFrom || psi.Full >= HighFullFrom || (before == HostPressure.High && psi.Some >= HighUntil) ? HostPressure.High
        : psi.Some >= SomeFrom || (before >= HostPressure.Some && psi.Some >= SomeUntil) ? HostPressure.Some
        : HostPressure.None;

    private static HostPressure ByRoom(HostPressure before, MemoryInfo memory)
    {
        ulong available = memory.TotalBytes == 0 ? Thousand : memory.AvailableBytes * Thousand / memory.TotalBytes;
        return available < (before == HostPressure.High ? HighAbove : HighBelow) ? HostPressure.High
            : available < (before >= HostPressure.Some ? SomeAbove : SomeBelow) ? HostPressure.Some
            : HostPressure.None;
    }
}
