using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary>
/// <c>struct epoll_event</c> of <c>&lt;sys/epoll.h&gt;</c>. The x86_64 ABI packs it into 12 bytes; everywhere else it has 16 with the data
/// at 8. One of these holds either: in an array that the kernel fills, use <see cref="At"/>.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = NaturalBytes)]
internal unsafe struct EpollEvent
{
    /// <summary>Size on x86_64.</summary>
    internal const int PackedBytes = 12;

    /// <summary>Size on aarch64.</summary>
    internal const int NaturalBytes = 16;

    [FieldOffset(0)] internal uint Events;
    [FieldOffset(4)] internal uint PackedLow;
    [FieldOffset(8)] internal uint PackedHigh;
    [FieldOffset(8)] internal ulong NaturalData;

    private static bool IsPacked => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>What was registered with the descriptor.</summary>
    internal ulong Data
    {
        readonly get => IsPacked ? PackedLow | ((ulong)PackedHigh << 32) : NaturalData;
        set
        {
            if (IsPacked)
            {
                PackedLow = (uint)value;
                PackedHigh = (uint)(value >> 32);
            }
            else
            {
                NaturalData = value;
            }
        }
    }

    /// <summary>Event <paramref name="index"/> of those that epoll_wait(2) wrote from <paramref name="first"/> on.</summary>
    // SAFETY: entries of either size lie within an array of this type's; only the ABI's bytes of one are used.
    internal static EpollEvent* At(EpollEvent* first, int index) =>
        (EpollEvent*)((byte*)first + (index * (IsPacked ? PackedBytes : NaturalBytes)));
}
