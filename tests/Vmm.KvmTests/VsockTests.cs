using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class VsockTests
{
    private const string Message = "over and back again";

    [Fact]
    public async Task Vsock_HostConnects_GuestEchoesAndSeesTheEnd()
    {
        GuestProgram program = new();
        GuestVsock vsock = new(program, slot: 0);
        program.Print("listening\n");
        vsock.WaitFor(GuestVsock.Request).Answer(GuestVsock.Response)
            .WaitFor(GuestVsock.ReadWrite).Answer(GuestVsock.ReadWrite, (uint)Message.Length)
            .WaitFor(GuestVsock.Shutdown);
        program.Print("closed by host\n").PowerOff();
        using VmFolder folder = FolderWithVsock(program);
        using RunningVmm vmm = folder.Start();
        // Before the driver is there a connection is refused, as a host sees it with any port nobody listens on.
        await vmm.WaitForOutputAsync("listening");

        using (HostSocket host = await HostSocket.ConnectAsync(folder["v.sock"]))
        {
            await host.SendAsync("CONNECT 52\n");
            Assert.StartsWith("OK ", await host.ReceiveLineAsync());
            await host.SendAsync(Message);
            Assert.Equal(Message, await host.ReceiveAsync(Message.Length));
        }

        Assert.Equal(0, await vmm.WaitForExitAsync("vsock, host connects"));
        Assert.Equal(["listening", "closed by host"], vmm.Output.Snapshot());
        Assert.False(File.Exists(folder["v.sock"]));
    }

    [Fact]
    public async Task Vsock_GuestConnects_HostEchoes()
    {
        const uint guestPort = 1000;
        const uint hostPort = 1234;
        GuestProgram program = new();
        uint text = program.Data(Encoding.ASCII.GetBytes(Message));
        new GuestVsock(program, slot: 0)
            .Send(GuestVsock.Request, guestPort, hostPort)
            .WaitFor(GuestVsock.Response)
            .Send(GuestVsock.ReadWrite, guestPort, hostPort, text, (uint)Message.Length)
            .WaitFor(GuestVsock.ReadWrite)
            .PrintPayload((uint)Message.Length);
        program.Print("\n").PowerOff();
        using VmFolder folder = FolderWithVsock(program);
        using Socket listener = HostSocket.Listen(folder[$"v.sock_{hostPort}"]);
        using RunningVmm vmm = folder.Start();

        using HostSocket host = await HostSocket.AcceptAsync(listener);
        Assert.Equal(Message, await host.ReceiveAsync(Message.Length));
        await host.SendAsync(Message.ToUpperInvariant());

        Assert.Equal(0, await vmm.WaitForExitAsync("vsock, guest connects"));
        Assert.Equal([Message.ToUpperInvariant()], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Vsock_SocketOfAKilledPredecessor_DoesNotHinderTheNextStart()
    {
        using VmFolder folder = FolderWithVsock(new GuestProgram().Print("up\n").Spin());
        using (RunningVmm first = folder.Start())
        {
            await first.WaitForOutputAsync("up");
            first.Signal("KILL");
            await first.WaitForExitAsync("SIGKILL");
        }

        Assert.True(File.Exists(folder["v.sock"]));
        using RunningVmm second = folder.Start();
        await second.WaitForOutputAsync("up");
    }

    private static VmFolder FolderWithVsock(GuestProgram program)
    {
        VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["vsock"] = new JsonObject { ["guest_cid"] = 3, ["uds_path"] = folder["v.sock"] };
        return folder;
    }
}
