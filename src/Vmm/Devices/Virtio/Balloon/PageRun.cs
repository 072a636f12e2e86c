namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>Neighbouring pages, gathered so that one call gives them all back. A driver lists its pages upwards or downwards.</summary>
internal struct PageRun
{
    /// <summary>First page frame number.</summary>
    internal uint First { get; private set; }

    /// <summary>Pages; 0 for an empty run.</summary>
    internal ulong Count { get; private set; }

    /// <summary>Takes a page that is next to the run or in it; false (and nothing changes) for any other. An empty run takes any page.</summary>
    internal bool TryAdd(uint page)
    {
        if (Count == 0)
        {
            First = page;
            Count = 1;
            return true;
        }

        ulong end = First + Count;
        if (page == end)
        {
            Count++;
            return true;
        }

        if (page + 1UL == First)
        {
            First = page;
            Count++;
            return true;
        }

        return page >= First && page < end;
    }
}
