using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>Random bytes of the host for one guest's start: its random number generator's seed, and where its kernel puts itself.</summary>
internal static unsafe class BootEntropy
{
    /// <summary>For "rng-seed".</summary>
    internal const int SeedBytes = 64;

    /// <summary>For "kaslr-seed".</summary>
    internal const int PlacementBytes = 8;

    /// <summary>Both, one behind the other.</summary>
    /// <exception cref="OsFaultException">The host has no random bytes.</exception>
    internal static byte[] Draw()
    {
        byte[] bytes = new byte[SeedBytes + PlacementBytes];

        // SAFETY: pinned while the kernel fills it; a request of so few bytes is never cut short.
        fixed (byte* pointer = bytes)
        {
            return Libc.getrandom(pointer, (nuint)bytes.Length, 0) == bytes.Length ? bytes : throw OsFaultException.FromLastError("getrandom");
        }
    }
}
