namespace MicroVm.Vmm.Memory;

/// <summary>One contiguous range of guest RAM: <see cref="Size"/> bytes at <see cref="Start"/>, at <see cref="FileOffset"/> of the memfd.</summary>
internal readonly record struct GuestRegion(GuestAddress Start, ulong Size, ulong FileOffset)
{
    /// <summary>First address behind the region.</summary>
    internal ulong End => Start.Value + Size;
}
