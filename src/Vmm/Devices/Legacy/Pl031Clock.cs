using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// Arm's PL031 real-time clock (DDI 0224): the host's time of day in seconds, with what the guest adds to it by setting it. Its alarm
/// compares as it should and interrupts nobody; the machine's description names no interrupt, so no driver waits for one.
/// </summary>
internal sealed class Pl031Clock(TimeProvider time) : IBusDevice
{
    internal const ulong DataOffset = 0x00;
    internal const ulong MatchOffset = 0x04;
    internal const ulong LoadOffset = 0x08;
    internal const ulong ControlOffset = 0x0c;
    internal const ulong MaskOffset = 0x10;
    internal const ulong RawStatusOffset = 0x14;
    internal const ulong MaskedStatusOffset = 0x18;
    internal const ulong ClearOffset = 0x1c;

    private const uint PeripheralId = 0x0004_1031;
    private const uint Started = 1;

    private readonly Lock _lock = new();
    private uint _ahead;
    private uint _load;
    private uint _match;
    private uint _mask;
    private bool _matched;

    public void Read(ulong offset, Span<byte> data)
    {
        if (PrimeCellIdentity.TryRead(PeripheralId, offset, data))
        {
            return;
        }

        lock (_lock)
        {
            uint now = Now();
            _matched |= _match != 0 && now == _match;
            PrimeCellIdentity.Write(data, offset switch
            {
                DataOffset => now,
                MatchOffset => _match,
                LoadOffset => _load,
                ControlOffset => Started,
                MaskOffset => _mask,
                RawStatusOffset => _matched ? 1u : 0,
                MaskedStatusOffset => _matched ? _mask : 0,
                _ => 0,
            });
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        uint value = PrimeCellIdentity.ToValue(data);
        lock (_lock)
        {
            switch (offset)
            {
                case MatchOffset:
                    _match = value;
                    break;
                case LoadOffset:
                    _load = value;
                    _ahead = unchecked(value - HostSeconds());
                    break;
                case MaskOffset:
                    _mask = value & 1;
                    break;
                case ClearOffset:
                    _matched &= (value & 1) == 0;
                    break;
            }
        }
    }

    private uint Now() => unchecked(HostSeconds() + _ahead);

    // 32 bits, as the register has them.
    private uint HostSeconds() => unchecked((uint)time.GetUtcNow().ToUnixTimeSeconds());
}
