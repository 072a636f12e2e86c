namespace MicroVm.Vmm.Interop.Linux;

/// <summary>glibc's <c>sigset_t</c>: 1024 bits, of which the kernel knows the first 64.</summary>
internal unsafe struct SignalSet
{
    private const int Words = 16;

    private fixed ulong _bits[Words];

    /// <summary>The first word, which is the kernel's own signal mask.</summary>
    internal readonly ulong KernelMask => _bits[0];

    /// <summary>Every signal.</summary>
    internal static SignalSet Full()
    {
        SignalSet set = default;
        for (int i = 0; i < Words; i++)
        {
            set._bits[i] = ulong.MaxValue;
        }

        return set;
    }

    /// <summary>Adds signal <paramref name="number"/>, 1 to 64.</summary>
    internal void Add(int number) => _bits[0] |= 1UL << (number - 1);

    /// <summary>Removes signal <paramref name="number"/>, 1 to 64.</summary>
    internal void Remove(int number) => _bits[0] &= ~(1UL << (number - 1));
}
