namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>sigset_t</c> of the C library: 128 bytes, bit <c>n - 1</c> for signal <c>n</c>.</summary>
internal unsafe struct SignalSet
{
    private fixed ulong _words[16];

    internal static SignalSet Of(params ReadOnlySpan<int> signals)
    {
        SignalSet set = default;
        foreach (int signal in signals)
        {
            set._words[0] |= 1UL << (signal - 1);
        }

        return set;
    }

    internal readonly bool Contains(int signal) => (_words[0] & (1UL << (signal - 1))) != 0;
}
