using System.Buffers.Binary;
using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// An 82093AA I/O APIC (datasheet 290566) whose pins are edge-triggered lines: what the guest writes into a redirection entry becomes the
/// message that the line sends, so that interrupts themselves never come here. Entries that are masked, or of the delivery mode ExtINT
/// (there is no 8259), send nothing. Trigger mode and polarity are kept for the guest to read and mean nothing: every line of the machine
/// is an edge, and an entry set to level would wait for an acknowledgement that no line needs.
/// </summary>
internal sealed class IoApic(IInterruptRouter router) : IBusDevice
{
    /// <summary>Pins, as the version register tells the guest.</summary>
    internal const int PinCount = 24;

    private const ulong SelectOffset = 0x00;
    private const ulong WindowOffset = 0x10;

    private const uint IdRegister = 0;
    private const uint VersionRegister = 1;
    private const uint ArbitrationRegister = 2;
    private const uint FirstEntryRegister = 0x10;
    private const uint Version = 0x11 | ((PinCount - 1) << 16);
    private const uint IdMask = 0x0f00_0000;

    // Low half of an entry: vector, delivery mode, destination mode, then status and remote IRR (read only), trigger, mask.
    private const uint VectorMask = 0xff;
    private const uint DeliveryMode = 7u << 8;
    private const uint DeliveryLowestPriority = 1u << 8;
    private const uint DeliveryExternal = 7u << 8;
    private const uint LogicalDestination = 1u << 11;
    private const uint ReadOnlyBits = (1u << 12) | (1u << 14);
    private const uint Masked = 1u << 16;
    private const uint LowHalfBits = 0x1_ffff & ~ReadOnlyBits;
    private const uint DestinationBits = 0xff00_0000;

    // Intel SDM volume 3, section 11.11.1: destination in bits 19 to 12, redirection hint in bit 3, destination mode in bit 2.
    private const uint MessageBase = 0xfee0_0000;
    private const int DestinationShift = 12;
    private const uint RedirectionHint = 1u << 3;
    private const uint LogicalMode = 1u << 2;

    private readonly Lock _lock = new();
    private readonly Entry[] _entries = NewEntries();
    private uint _select;
    private uint _id;

    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        if (data.Length != sizeof(uint))
        {
            return;
        }

        lock (_lock)
        {
            uint value = offset switch
            {
                SelectOffset => _select,
                WindowOffset => ReadRegister(),
                _ => 0,
            };
            BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (data.Length != sizeof(uint))
        {
            return;
        }

        uint value = BinaryPrimitives.ReadUInt32LittleEndian(data);
        lock (_lock)
        {
            if (offset == SelectOffset)
            {
                _select = value & 0xff;
            }
            else if (offset == WindowOffset)
            {
                WriteRegister(value);
            }
        }
    }

    private uint ReadRegister()
    {
        switch (_select)
        {
            case IdRegister or ArbitrationRegister:
                return _id;
            case VersionRegister:
                return Version;
            default:
                uint index = (_select - FirstEntryRegister) / 2;
                return index >= PinCount ? 0 : (_select & 1) == 0 ? _entries[index].Low : _entries[index].High;
        }
    }

    private void WriteRegister(uint value)
    {
        uint index = (_select - FirstEntryRegister) / 2;
        if (_select == IdRegister)
        {
            _id = value & IdMask;
        }
        else if (index < PinCount)
        {
            Entry before = _entries[index];
            Entry after = (_select & 1) == 0
                ? before with { Low = value & LowHalfBits }
                : before with { High = value & DestinationBits };
            _entries[index] = after;
            Route(index, before, after);
        }
    }

    private void Route(uint gsi, Entry before, Entry after)
    {
        bool was = before.Sends, sends = after.Sends;
        if (sends && (!was || before.Address != after.Address || before.Data != after.Data))
        {
            router.Connect(gsi, after.Address, after.Data);
        }
        else if (was && !sends)
        {
            router.Disconnect(gsi);
        }
    }

    private static Entry[] NewEntries()
    {
        Entry[] entries = new Entry[PinCount];
        Array.Fill(entries, new Entry(Masked, 0));
        return entries;
    }

    private readonly record struct Entry(uint Low, uint High)
    {
        internal bool Sends => (Low & Masked) == 0 && (Low & DeliveryMode) != DeliveryExternal;

        internal uint Address =>
            MessageBase
            | ((High >> 24) << DestinationShift)
            | ((Low & DeliveryMode) == DeliveryLowestPriority ? RedirectionHint : 0)
            | ((Low & LogicalDestination) != 0 ? LogicalMode : 0);

        internal uint Data => Low & (VectorMask | DeliveryMode);
    }
}
