using System.Buffers.Binary;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Mmds.Network;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class MetadataNetworkPropertyTests
{
    private const ushort Port = 40_000;
    private const uint First = 1001;

    /// <summary>A window of one byte takes a round for each byte of the document.</summary>
    private const int MostRounds = 20_000;

    private static readonly string s_document = $$"""{"a":"{{string.Concat(Enumerable.Range(0, 3000).Select(i => (char)('a' + (i % 23))))}}"}""";

    private static readonly Gen<(int Port, uint Sequence, uint Acknowledgment, byte Flags, int Bytes, int Window)> s_segment = Gen.Select(
        Gen.Int[0, 3],
        Gen.OneOf(Gen.UInt[995, 1010], Gen.UInt),
        Gen.OneOf(Gen.UInt[0, 5], Gen.UInt),
        Gen.Byte[0, 31],
        Gen.Int[0, 3000],
        Gen.OneOf(Gen.Const(0), Gen.Int[0, 65_535]));

    private static readonly Gen<(int At, byte Value)[]> s_damage = Gen.Select(Gen.Int[12, 90], Gen.Byte, (at, value) => (at, value)).Array[0, 3];

    /// <summary>
    /// Segments of all kinds, with numbers near those that fit, damaged in a few places, and the clock moving: nothing throws, what comes
    /// out is well-formed, and what is held has its bound.
    /// </summary>
    [Fact]
    public void Segments_OfAnyKind_AreTakenWithoutHarm() =>
        Gen.Select(s_segment, s_damage, Gen.Int[0, 300]).Array[1, 60].Sample(
            steps =>
            {
                var guest = new MmdsGuest("""{"a":"x\ny"}""");
                uint[] next = new uint[4];
                foreach (((int port, uint sequence, uint acknowledgment, byte flags, int bytes, int window), (int, byte)[] damage, int milliseconds) in steps)
                {
                    string text = bytes % 3 == 0 ? MmdsGuest.Head : new string('x', bytes);
                    byte[] frame = GuestFrames.Tcp(
                        (ushort)(Port + port), sequence, next[port] + acknowledgment, (TcpFlags)flags, text, (ushort)window, targetPort: 80);
                    foreach ((int at, byte value) in damage)
                    {
                        frame[at % frame.Length] = at is >= 26 and < 30 ? frame[at] : value;
                    }

                    guest.Send(frame);
                    guest.Clock.AdvanceMilliseconds(milliseconds);
                    Take(guest, next);
                    Assert.InRange(guest.Network.ConnectionCount, 0, MetadataNetwork.MaxConnections);
                }
            },
            iter: 1000,
            threads: 1);

    /// <summary>Takes what there is, at most as many frames as a batch of the device, and learns the service's numbers.</summary>
    private static void Take(MmdsGuest guest, uint[] next)
    {
        for (int i = 0; i < 100 && guest.TakeFrame() is { } frame; i++)
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) == 0x0806)
            {
                continue;
            }

            // A guest may say it comes from anywhere; the answer goes there.
            Assert.InRange(frame.Length, GuestFrames.HeaderBytes, 1514);
            int port = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(36)) - Port;
            if (port is >= 0 and < 4)
            {
                next[port] = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(38)) + 1;
            }
        }
    }

    [Fact]
    public void Frames_OfAnyBytes_NeverThrow() => Gen.Byte.Array[0, 200].Sample(
        bytes =>
        {
            var guest = new MmdsGuest();
            guest.Network.Takes(bytes);
            guest.Network.Accept(bytes);
            byte[] frame = [.. GuestFrames.Arp()[..14], .. bytes];
            guest.Send(frame);
            byte[] packet = GuestFrames.Ipv4(6, bytes);
            guest.Send(packet);
            guest.TakeAll();
        },
        iter: 5000);

    /// <summary>
    /// A guest that loses a part of what it sends and of what it gets, and asks again as TCP does, has the whole answer in the end, and
    /// every byte of it right.
    /// </summary>
    [Fact]
    public void Answer_OverAWireThatLoses_ArrivesWhole() =>
        Gen.Select(Gen.Bool.Array[200], Gen.Int[1, 1460], Gen.Int[1, 5000], Gen.Int[0, 1 << 30]).Sample(
            (losses, largestPayload, window, sequence) => Download(losses, (ushort)largestPayload, (ushort)window, (uint)sequence * 4),
            iter: 300,
            threads: 1);

    private static void Download(bool[] losses, ushort largestPayload, ushort window, uint sequence)
    {
        var guest = new MmdsGuest(s_document);
        var answer = new StringBuilder();
        int used = 0;
        uint sent = sequence + 1;
        uint? expected = null;
        bool isOpen = false;
        bool isRequested = false;

        bool IsLost() => used < losses.Length && losses[used++];

        void Speak(TcpFlags flags, string payload = "")
        {
            byte[] frame = GuestFrames.Tcp(
                Port, flags == TcpFlags.Syn ? sequence : sent - (uint)payload.Length, expected ?? 0, flags, payload, window, flags == TcpFlags.Syn ? largestPayload : null);
            if (!IsLost())
            {
                guest.Send(frame);
            }
        }

        for (int round = 0; round < MostRounds && !answer.ToString().EndsWith(s_document, StringComparison.Ordinal); round++)
        {
            if (!isOpen)
            {
                Speak(TcpFlags.Syn);
            }
            else if (answer.Length == 0)
            {
                // Nothing came yet: the request may be lost.
                sent = sequence + 1 + (uint)MmdsGuest.Head.Length;
                isRequested = true;
                Speak(TcpFlags.Ack, MmdsGuest.Head);
            }
            else
            {
                Speak(TcpFlags.Ack);
            }

            foreach (GuestSegment segment in guest.TakeAll())
            {
                if (IsLost())
                {
                    continue;
                }

                Assert.False(segment.Flags.HasFlag(TcpFlags.Rst));
                if (segment.Flags.HasFlag(TcpFlags.Syn))
                {
                    expected = segment.Sequence + 1;
                    isOpen = true;
                }
                else if (segment.Sequence == expected && isRequested)
                {
                    Assert.InRange(segment.Payload.Length, 0, largestPayload);
                    answer.Append(segment.Payload);
                    expected += (uint)segment.Payload.Length;
                }
            }

            guest.Clock.AdvanceMilliseconds(150);
        }

        Assert.EndsWith("\r\n\r\n" + s_document, answer.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, guest.Network.ConnectionCount);
    }
}
