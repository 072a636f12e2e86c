namespace MicroVm.Vmm.Devices.Virtio.Net;

/// <summary>
/// A host in this process that the guest reaches through its network device: it is shown frames before the network is. Called with
/// the transport's lock held; nothing here blocks or throws, whatever the frame.
/// </summary>
internal interface IFrameResponder
{
    /// <summary>Bytes of the longest Ethernet frame that it makes or can use.</summary>
    int MaxFrameBytes { get; }

    /// <summary>True when it has a frame for the guest now.</summary>
    bool HasFrame { get; }

    /// <summary>Time until it may have a frame although the guest sends none; null when it waits for the guest.</summary>
    TimeSpan? UntilFrame { get; }

    /// <summary>True when a frame that begins with these bytes (the whole frame, or <see cref="ResponderPort.StartBytes"/>) is for it alone.</summary>
    bool Takes(ReadOnlySpan<byte> start);

    /// <summary>A frame of the guest, cut to <see cref="MaxFrameBytes"/>. The guest may have changed it since it was taken.</summary>
    void Accept(ReadOnlySpan<byte> frame);

    /// <summary>Writes the next frame for the guest; its bytes, or 0 when there is none after all.</summary>
    int Write(Span<byte> frame);

    /// <summary>The guest's driver begins anew.</summary>
    void Reset();
}
