namespace MicroVm.Vmm.Memory;

/// <summary>A guest physical address in bytes. It is only a number until <see cref="GuestMemory"/> has checked it.</summary>
internal readonly record struct GuestAddress(ulong Value)
{
    public override string ToString() => $"0x{Value:x}";

    /// <summary>Adds an offset; false when the sum wraps.</summary>
    internal bool TryAdd(ulong offset, out GuestAddress result)
    {
        ulong sum = unchecked(Value + offset);
        result = new GuestAddress(sum);
        return sum >= Value;
    }
}
