using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Vsock;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>A vsock device with host clients that come, talk and go.</summary>
internal sealed class VsockSubject : VirtioSubject
{
    private const int Rx = 0;
    private const int Tx = 1;
    private const uint Cid = 3;
    private const uint GuestPort = 1000;
    private const uint NobodysPort = 4242;
    private const uint ListeningPort = 52;

    /// <summary>The first port that the device gives to a host client.</summary>
    private const uint FirstHostPort = (1u << 30) + 1;
    private const ulong RxBuffer = TestDriver.Data + 0x4_0000;

    private readonly List<Socket> _clients = [];
    private Socket? _listener;

    private string Path => Folder.File("vsock");

    internal override ulong Features => 0;

    internal override int[] WorkedQueues => [Rx, Tx];

    internal override int RequestQueue => Tx;

    internal override IVirtioDevice MakeDevice(EpollLoop loop) => new VsockDevice(new VsockConfig(Cid, Path), loop);

    /// <summary>A request for a port at which nobody listens: it is answered with a reset.</summary>
    internal override (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at) =>
        Lay(driver, at, VsockOperation.Request, NobodysPort, GuestPort, 0);

    /// <summary>Any operation, for connections that host clients have asked for, that the guest has, or that nobody has, with a length that is true or not.</summary>
    internal override (ulong Address, uint Length, bool Writable)[] LayVariant(TestDriver driver, ulong at, byte choice)
    {
        (uint hostPort, uint guestPort) = (choice / 10 % 4) switch
        {
            0 => (ListeningPort, GuestPort),
            1 => (NobodysPort, GuestPort),
            _ => (FirstHostPort + (choice / 40u), choice % 4u),
        };
        (ulong address, uint bytes, bool writable)[] header = Lay(driver, at, (VsockOperation)(choice % 10), hostPort, guestPort, choice % 3 == 0 ? 100u : 0);
        return choice % 9 == 0 ? header : [.. header, (at + 0x100, 100, false)];
    }

    private static (ulong Address, uint Length, bool Writable)[] Lay(
        TestDriver driver, ulong at, VsockOperation operation, uint hostPort, uint guestPort, uint length)
    {
        VsockHeader header = new()
        {
            SourceCid = Cid,
            DestinationCid = VsockHeader.HostCid,
            SourcePort = guestPort,
            DestinationPort = hostPort,
            Length = length,
            Type = VsockHeader.StreamType,
            Operation = operation,
            Flags = length % 4,
            BufferAllocation = 65536,
        };
        driver.Poke(at, MemoryMarshal.AsBytes(new ReadOnlySpan<VsockHeader>(in header)));
        return [(at, VsockHeader.SizeBytes, false)];
    }

    internal override void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at)
    {
        queues[Rx].Offer(0, (RxBuffer, 4096, true));
        driver.Notify(Rx);
        Assert.Equal(1, queues[Rx].UsedIndex);
        Assert.True(driver.Memory.TryRead(new GuestAddress(RxBuffer), out VsockHeader reply));
        Assert.Equal((VsockOperation.Reset, NobodysPort), (reply.Operation, reply.SourcePort));
    }

    /// <summary>The receive queue is looked at when there is something to send: a reset, in answer to a request.</summary>
    internal override void Provoke(TestDriver driver, GuestQueue[] queues, int queue)
    {
        if (queue == Rx)
        {
            queues[Tx].Offer(0, LayRequest(driver, TestDriver.Data + 0x2_0000));
        }

        driver.Notify(Tx);
    }

    /// <summary>A client connects and asks for a port, or sends bytes, or goes away.</summary>
    internal override void HostEvent(TestDriver driver, byte choice)
    {
        if (_listener is null)
        {
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            _listener.Bind(new UnixDomainSocketEndPoint($"{Path}_{ListeningPort}"));
            _listener.Listen(8);
        }

        switch (choice % 3)
        {
            case 0 when _clients.Count < 4:
                var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
                _clients.Add(client);
                client.Connect(new UnixDomainSocketEndPoint(Path));
                Send(client, Encoding.ASCII.GetBytes($"CONNECT {choice % 4}\n"));
                break;
            case 1 when _clients.Count > 0:
                Send(_clients[^1], new byte[choice * 8]);
                break;
            case 2 when _clients.Count > 0:
                _clients[0].Dispose();
                _clients.RemoveAt(0);
                break;
        }
    }

    public override void Dispose()
    {
        _listener?.Dispose();
        _clients.ForEach(client => client.Dispose());
        base.Dispose();
    }

    private static void Send(Socket client, byte[] bytes)
    {
        try
        {
            client.Send(bytes);
        }
        catch (SocketException)
        {
            // The device has closed it, or takes no more.
        }
    }
}
