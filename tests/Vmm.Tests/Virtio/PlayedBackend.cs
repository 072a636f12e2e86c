using MicroVm.Vmm.Devices.Virtio.Net;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Virtio;

/// <summary>A tap of memory: packets of a given size wait to be read, packets sent are kept, and it fails on demand.</summary>
internal sealed unsafe class PlayedBackend : INetBackend
{
    private readonly EventFd _readable = new();
    private readonly Queue<byte[]> _incoming = new();

    public int Fd => _readable.Fd;

    /// <summary>What was sent, header included.</summary>
    internal List<byte[]> Sent { get; } = [];

    /// <summary>Whether <see cref="Sent"/> is filled; otherwise packets are only counted.</summary>
    internal bool KeepsSent { get; init; } = true;

    internal int SentCount { get; private set; }

    internal uint Offloads { get; private set; } = uint.MaxValue;

    /// <summary>Makes every send fail with this errno.</summary>
    internal int SendFault { get; set; }

    /// <summary>Makes every receive fail with this errno.</summary>
    internal int ReceiveFault { get; set; }

    /// <summary>A packet that is there again as soon as it was read: a flood.</summary>
    internal byte[]? Flood { get; set; }

    internal int ReceiveCalls { get; private set; }

    internal int Waiting => _incoming.Count;

    internal void Play(byte[] packet)
    {
        _incoming.Enqueue(packet);
        Wake();
    }

    /// <summary>Makes the descriptor readable.</summary>
    internal void Wake() => _readable.Signal();

    public bool TrySetOffloads(uint offloads)
    {
        Offloads = offloads;
        return true;
    }

    public int Receive(ReadOnlySpan<IoVec> destination)
    {
        ReceiveCalls++;
        if (ReceiveFault != 0)
        {
            return -ReceiveFault;
        }

        byte[]? packet = Flood;
        if (packet is null && !_incoming.TryDequeue(out packet))
        {
            _readable.TryConsume();
            return -Errno.Again;
        }

        ReadOnlySpan<byte> rest = packet;
        foreach (ref readonly IoVec vector in destination)
        {
            int taken = (int)Math.Min((nuint)rest.Length, vector.Length);

            // SAFETY: the device's vectors, as a tap would be given them.
            rest[..taken].CopyTo(new Span<byte>(vector.Base, taken));
            rest = rest[taken..];
        }

        return packet.Length - rest.Length;
    }

    public int Send(ReadOnlySpan<IoVec> source)
    {
        if (SendFault != 0)
        {
            return -SendFault;
        }

        SentCount++;
        if (!KeepsSent)
        {
            return 1;
        }

        var packet = new List<byte>();
        foreach (ref readonly IoVec vector in source)
        {
            // SAFETY: the device's vectors, as a tap would be given them.
            packet.AddRange(new ReadOnlySpan<byte>(vector.Base, (int)vector.Length));
        }

        Sent.Add([.. packet]);
        return packet.Count;
    }

    public void Dispose() => _readable.Dispose();
}
