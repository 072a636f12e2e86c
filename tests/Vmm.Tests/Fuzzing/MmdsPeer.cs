using System.Buffers.Binary;
using System.Text;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Mmds.Network;
using MicroVm.Vmm.Tests.Hostility;
using MicroVm.Vmm.Tests.RateLimiting;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>
/// A guest's end of TCP that keeps track of where each connection is, so that what it sends is nearly right, and does with it what it is
/// told. Checks that the service writes only whole frames to the guest, holds no more than it may, and answers an orderly guest at the end.
/// </summary>
internal sealed class MmdsPeer
{
    private const int Ports = 20;
    private const int HeaderBytes = 14 + 20 + 20;
    /// <summary>A guest that takes one byte a segment gets tens of thousands; the device takes 128 a turn.</summary>
    private const int MostFramesATurn = 512;

    private const long AllocationPerAction = 64 * 1024;
    private const int FirstPort = 1000;

    private static readonly string[] s_requests =
    [
        "GET / HTTP/1.1\r\n\r\n", "GET /a/b HTTP/1.1\r\nAccept: application/json\r\n\r\n", "GET /list/1 HTTP/1.0\r\n\r\n", "GET /a//b/ HTTP/1.1\r\n\r\n",
        "PUT /latest/api/token HTTP/1.1\r\nX-metadata-token-ttl-seconds: 60\r\n\r\n", "PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "GET /long HTTP/1.1\r\n\r\n",
        "GET http://x/a HTTP/1.1\r\nConnection: close\r\n\r\n", "DELETE /a HTTP/1.1\r\nX-metadata-token: z\r\n\r\n", "GET / HTTP/1.1\n\n", "GET /~0~1 HTTP/1.1\r\n:\r\n\r\n",
    ];

    private readonly ManualClock _clock = new();
    private readonly MetadataService _service;
    private readonly MetadataNetwork _network;
    private readonly (uint Next, uint Expected)[] _ends = new (uint, uint)[Ports];
    private readonly byte[] _written;
    private byte[] _last = new byte[HeaderBytes];

    private MmdsPeer()
    {
        _service = new MetadataService(51_200, _clock);
        string text = new('x', 40_000);
        Assert.True(_service.Store.TryPut(Encoding.ASCII.GetBytes($$"""{"a":{"b":"c","/~":1},"list":[1,"two"],"long":"{{text}}"}""")));
        _network = new MetadataNetwork(_service, _clock);
        _written = new byte[_network.MaxFrameBytes];
    }

    internal static void Play(MmdsAction[] actions)
    {
        var peer = new MmdsPeer();
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (MmdsAction action in actions)
        {
            peer.Do(action);
            Assert.InRange(peer._network.ConnectionCount, 0, MetadataNetwork.MaxConnections);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, actions.Length * AllocationPerAction);
        peer.AssertServes();
    }

    private void Do(in MmdsAction action)
    {
        ref (uint Next, uint Expected) end = ref _ends[action.Port];
        switch (action.Kind)
        {
            case MmdsActionKind.Connect:
                end = (action.Choice, 0);
                Send(action.Port, end.Next++, 0, TcpFlags.Syn, action.Choice, [], action.Bytes.Length % 3);
                break;
            case MmdsActionKind.Request:
                byte[] request = Encoding.ASCII.GetBytes(s_requests[action.Choice % s_requests.Length]);
                int length = action.Bytes.Length == 0 ? request.Length : Math.Min(request.Length, action.Bytes.Length);
                SendData(action, request[..length]);
                break;
            case MmdsActionKind.Bytes:
                SendData(action, [.. Enumerable.Repeat(action.Bytes, action.Choice % 60).SelectMany(bytes => bytes)]);
                break;
            case MmdsActionKind.Acknowledge:
                Send(action.Port, end.Next, end.Expected + (uint)action.Shift, TcpFlags.Ack, action.Choice, []);
                break;
            case MmdsActionKind.Flags:
                Send(action.Port, end.Next + (uint)action.Shift, end.Expected, (TcpFlags)action.Choice, ushort.MaxValue, action.Bytes);
                break;
            case MmdsActionKind.Damage:
                Give(Damaged(action));
                break;
            case MmdsActionKind.Arp:
                Give(MmdsFrames.Arp());
                break;
            case MmdsActionKind.Wait:
                _clock.AdvanceMilliseconds(action.Choice);
                break;
            default:
                TakeAll();
                break;
        }
    }

    private void SendData(in MmdsAction action, byte[] payload)
    {
        ref (uint Next, uint Expected) end = ref _ends[action.Port];
        Send(action.Port, end.Next + (uint)action.Shift, end.Expected, TcpFlags.Ack | TcpFlags.Psh, ushort.MaxValue, payload);
        end.Next += action.Shift == 0 ? (uint)payload.Length : 0;
    }

    private byte[] Damaged(in MmdsAction action)
    {
        byte[] frame = [.. _last];
        action.Bytes.AsSpan(0, Math.Min(action.Bytes.Length, frame.Length / 2)).CopyTo(frame.AsSpan(action.Choice % (frame.Length / 2)));
        return (action.Port % 3) switch
        {
            0 => frame[..(action.Choice % frame.Length)],
            1 => [.. frame, .. action.Bytes],
            _ => frame,
        };
    }

    private void Send(byte port, uint sequence, uint acknowledgment, TcpFlags flags, ushort window, ReadOnlySpan<byte> payload, int optionWords = 0) =>
        Give(MmdsFrames.Segment((ushort)(FirstPort + port), sequence, acknowledgment, flags, window, payload, optionWords));

    // As the device does: shown first, and given when it is for the service.
    private void Give(byte[] frame)
    {
        _last = frame.Length < HeaderBytes ? _last : frame;
        if (_network.Takes(frame.AsSpan(0, Math.Min(frame.Length, 42))))
        {
            _network.Accept(frame.AsSpan(0, Math.Min(frame.Length, _network.MaxFrameBytes)));
        }
    }

    /// <summary>Takes every frame there is now; what they acknowledge and bring is remembered. Returns the payload of each port.</summary>
    private string TakeAll(byte ofPort = 0)
    {
        var text = new StringBuilder();
        for (int frames = 0; frames < MostFramesATurn; frames++)
        {
            int bytes = _network.Write(_written);
            if (bytes == 0)
            {
                break;
            }

            Assert.InRange(bytes, 42, _written.Length);
            ReadOnlySpan<byte> frame = _written.AsSpan(0, bytes);
            if (frame[13] != 0)
            {
                continue;
            }

            Assert.Equal(bytes - 14, BinaryPrimitives.ReadUInt16BigEndian(frame[16..]));
            ReadOnlySpan<byte> segment = frame[34..];
            int port = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]) - FirstPort;
            ReadOnlySpan<byte> payload = segment[((segment[12] >> 4) * 4)..];
            if (port is < 0 or >= Ports)
            {
                continue;
            }

            uint flagged = (segment[13] & 3) != 0 ? 1u : 0;
            _ends[port].Expected = BinaryPrimitives.ReadUInt32BigEndian(segment[4..]) + (uint)payload.Length + flagged;
            text.Append(port == ofPort ? Encoding.ASCII.GetString(payload) : "");
        }

        return text.ToString();
    }

    private void AssertServes()
    {
        _network.Reset();
        Assert.Equal(0, _network.ConnectionCount);
        Do(new MmdsAction(MmdsActionKind.Connect, 0, 1000, 0, []));
        TakeAll();
        Do(new MmdsAction(MmdsActionKind.Request, 0, 1, 0, []));
        string answer = TakeAll();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\"c\"", answer, StringComparison.Ordinal);
    }
}
