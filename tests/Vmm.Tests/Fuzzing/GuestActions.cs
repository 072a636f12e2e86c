using CsCheck;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>Sequences of what a guest may do. Most values are nearly right, because what is wholly wrong is refused at the first check.</summary>
internal static class GuestActions
{
    /// <summary>Queues the actions name; a device that has fewer takes the rest of a division.</summary>
    private const byte MaxQueues = 5;

    /// <summary>Addresses that hold a buffer of the size next to them, or must be refused: nothing in between, so that a write that should not be is seen.</summary>
    private static readonly Gen<(ulong Address, uint Length)> s_buffer = Gen.Frequency(
        (8, Gen.Select(Gen.Int[0, 255], Gen.OneOf(Gen.UInt[0, 64], Gen.UInt[0, 4096], Of(16u, 512u, 1024u, 1536u))).Select((slot, length) =>
            (TestDriver.Data + ((ulong)slot * 0x200), length))),
        (1, Of(
            (TestDriver.LowEnd - 100, 101u),
            (TestDriver.LowEnd, 1u),
            (TestDriver.HighStart - 8, 16u),
            (TestDriver.HighEnd - 64, 65u),
            (TestDriver.HighEnd - 64, uint.MaxValue),
            (ulong.MaxValue - 20, 21u),
            (ulong.MaxValue - 20, 64u),
            (1UL << 40, 512u),
            (TestDriver.Data, uint.MaxValue))));

    private static readonly Gen<ushort> s_index = Gen.Frequency((9, Gen.UShort[0, 15]), (1, Of<ushort>(16, 17, 255, 256, ushort.MaxValue)));

    private static readonly Gen<ushort> s_flags = Of<ushort>(0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 0xfff8);

    /// <summary>Values for registers: addresses, sizes, features, statuses.</summary>
    private static readonly Gen<ulong> s_value = Gen.OneOf(
        Gen.ULong[0, 20],
        Of<ulong>(0x10000, 0x14000, 0x18000, 0x10001, 0x20000, TestDriver.LowEnd - 4, TestDriver.HighEnd, 256, 257, 0x8000, uint.MaxValue, 0x40, 0x80));

    private static readonly Gen<ushort> s_register = Of<ushort>(
        (ushort)MmioRegister.DeviceFeaturesSelect,
        (ushort)MmioRegister.DriverFeatures,
        (ushort)MmioRegister.DriverFeaturesSelect,
        (ushort)MmioRegister.QueueSelect,
        (ushort)MmioRegister.QueueSize,
        (ushort)MmioRegister.QueueReady,
        (ushort)MmioRegister.QueueNotify,
        (ushort)MmioRegister.InterruptAck,
        (ushort)MmioRegister.Status,
        (ushort)MmioRegister.Status,
        (ushort)MmioRegister.QueueDescLow,
        (ushort)MmioRegister.QueueDescHigh,
        (ushort)MmioRegister.QueueDriverLow,
        (ushort)MmioRegister.QueueDeviceLow,
        (ushort)MmioRegister.QueueDeviceHigh,
        (ushort)(MmioRegister.Config + 4));

    private static readonly Gen<GuestActionKind> s_kind = Gen.Frequency(
        (8, Gen.Const(GuestActionKind.SetDescriptor)),
        (3, Gen.Const(GuestActionKind.SetIndirect)),
        (6, Gen.Const(GuestActionKind.Request)),
        (8, Gen.Const(GuestActionKind.MakeAvailable)),
        (1, Gen.Const(GuestActionKind.SetAvailableIndex)),
        (2, Gen.Const(GuestActionKind.SetEvent)),
        (5, Gen.Const(GuestActionKind.Poke)),
        (8, Gen.Const(GuestActionKind.Notify)),
        (4, Gen.Const(GuestActionKind.Turn)),
        (3, Gen.Const(GuestActionKind.WriteRegister)),
        (2, Gen.Const(GuestActionKind.Access)),
        (2, Gen.Const(GuestActionKind.Restart)),
        (5, Gen.Const(GuestActionKind.HostEvent)));

    /// <summary>What one guest does, with the ring features it negotiates.</summary>
    internal static readonly Gen<(ulong RingFeatures, GuestAction[] Actions)> Sequence =
        Gen.Select(Of<ulong>(0, VirtioFeature.IndirectDescriptors, VirtioFeature.EventIndex, VirtioFeature.Ring), s_kind.SelectMany(ActionOf).Array[1, 60]);

    internal static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<GuestAction> ActionOf(GuestActionKind kind)
    {
        Gen<byte> queue = Gen.Byte[0, MaxQueues - 1];
        return kind switch
        {
            GuestActionKind.SetDescriptor or GuestActionKind.SetIndirect =>
                Gen.Select(queue, s_index, s_buffer, s_flags, s_index).Select((q, i, b, f, n) => new GuestAction(kind, q, i, b.Address, b.Length, f, n)),
            GuestActionKind.Request =>
                Gen.Select(s_index, Gen.Frequency((1, Gen.Const(0u)), (3, Gen.UInt[1, 255]))).Select((i, choice) => new GuestAction(kind, 0, i, 0, choice, 0, 0)),
            GuestActionKind.Poke =>
                Gen.Select(Gen.UShort[0, 0x3fff], Gen.OneOf(s_value, Gen.ULong, s_buffer.Select(b => b.Address))).Select((i, v) => new GuestAction(kind, 0, i, v, 0, 0, 0)),
            GuestActionKind.SetAvailableIndex or GuestActionKind.SetEvent =>
                Gen.Select(queue, Gen.UShort).Select((q, i) => new GuestAction(kind, q, i, 0, 0, 0, 0)),
            GuestActionKind.WriteRegister =>
                Gen.Select(s_register, s_value).Select((r, v) => new GuestAction(kind, 0, r, v, 0, 0, 0)),
            GuestActionKind.Access =>
                Gen.Select(Gen.UShort[0, 0x1008], s_value, Gen.UShort[0, 3]).Select((offset, v, size) => new GuestAction(kind, 0, offset, v, 0, size, 0)),
            GuestActionKind.HostEvent =>
                Gen.UShort[0, 255].Select(i => new GuestAction(kind, 0, i, 0, 0, 0, 0)),
            _ => Gen.Select(queue, s_index).Select((q, i) => new GuestAction(kind, q, i, 0, 0, 0, 0)),
        };
    }
}
