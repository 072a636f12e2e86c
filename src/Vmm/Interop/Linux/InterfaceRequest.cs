using System.Text;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct ifreq</c> of <c>&lt;net/if.h&gt;</c> with the flags of its union.</summary>
internal unsafe struct InterfaceRequest
{
    /// <summary>IFNAMSIZ without the NUL.</summary>
    internal const int MaxNameBytes = 15;

    private const int UnionBytes = 24;

    internal fixed byte Name[MaxNameBytes + 1];
    internal ushort Flags;
    internal fixed byte Rest[UnionBytes - sizeof(ushort)];

    /// <summary>A request about the interface <paramref name="name"/>; false when its name is empty or too long.</summary>
    internal static bool TryCreate(string name, out InterfaceRequest request)
    {
        request = default;
        fixed (byte* destination = request.Name)
        {
            // SAFETY: the span is the fixed buffer without its last byte, which stays NUL.
            return Encoding.UTF8.TryGetBytes(name, new Span<byte>(destination, MaxNameBytes), out int written) && written > 0;
        }
    }
}
