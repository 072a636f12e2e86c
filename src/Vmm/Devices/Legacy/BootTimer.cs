using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// A byte in memory that the guest writes <see cref="BootedValue"/> to when it is up. The first such write becomes a log line with the
/// time since the start and the processor time used; later ones mean nothing, so a guest cannot fill the log.
/// </summary>
/// <param name="startWallMicroseconds">When the process was started, on the monotonic clock.</param>
/// <param name="startCpuMicroseconds">Processor time that does not count.</param>
/// <param name="log">Takes the line, on a vCPU thread.</param>
internal sealed class BootTimer(ulong startWallMicroseconds, ulong startCpuMicroseconds, Action<string> log) : IBusDevice
{
    internal const byte BootedValue = 123;

    /// <summary>Bytes of address space that it takes.</summary>
    internal const ulong RegionBytes = 0x1000;

    private int _reported;

    public void Read(ulong offset, Span<byte> data) => data.Clear();

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset == 0 && data.Length == 1 && data[0] == BootedValue && Interlocked.Exchange(ref _reported, 1) == 0)
        {
            ulong wall = Since(ProcessClock.WallMicroseconds, startWallMicroseconds);
            ulong cpu = Since(ProcessClock.CpuMicroseconds, startCpuMicroseconds);
            log($"Guest-boot-time = {wall} us {wall / 1000} ms, {cpu} CPU us {cpu / 1000} CPU ms");
        }
    }

    // A start that is not over yet came from a wrong argument.
    private static ulong Since(ulong now, ulong start) => now > start ? now - start : 0;
}
