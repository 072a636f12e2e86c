using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// Arm's PL031 real-time clock (DDI 0224): the host's time of day in seconds, with what the guest adds to it by setting it. Its alarm
/// is looked at when the guest accesses the clock, and interrupts nobody; the machine's description names no interrupt, so no driver
/// waits for one.
/// </summary>
internal sealed class Pl031Clock : IBusDevice
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
    private readonly TimeProvider _time;
    private uint _ahead;
    private uint _load;
    private uint _match;
    private uint _mask;
    private uint _seen;
    private bool _matched;

    /// <summary>A clock that goes by <paramref name="time"/>.</summary>
    internal Pl031Clock(TimeProvider time)
    {
        _time = time;
        _seen = Now();
    }

    public void Read(ulong offset, Span<byte> data)
    {
        if (PrimeCellIdentity.TryRead(PeripheralId, offset, data))
        {
            return;
        }

        lock (_lock)
        {
            uint now = Look();
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
            Look();
            switch (offset)
            {
                case MatchOffset:
                    _match = value;
                    break;
                case LoadOffset:
                    _load = value;
                    _ahead = unchecked(value - HostSeconds());
                    _seen = value;
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

    /// <summary>The time now. The alarm has gone off when its second lies between the last look and this one.</summary>
    private uint Look()
    {
        uint now = Now(), passed = unchecked(now - _seen);

        // The host's clock may have been set back, which passes nothing.
        if ((int)passed > 0)
        {
            _matched |= unchecked(_match - _seen - 1) < passed;
        }

        _seen = now;
        return now;
    }

    private uint Now() => unchecked(HostSeconds() + _ahead);

    // 32 bits, as the register has them.
    private uint HostSeconds() => unchecked((uint)_time.GetUtcNow().ToUnixTimeSeconds());
}
