using System.Net.Sockets;
using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Control;

public sealed class ApiServerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EpollLoop _loop = new();
    private readonly InstanceInfo _info = new("vm-1");
    private readonly VmConfigBuilder _config = new();
    private readonly RecordingVm _vm = new();
    private readonly string _path;
    private readonly ApiServer _server;

    public ApiServerTests()
    {
        _path = _folder.File("api.sock");
        _server = new ApiServer(_path, _loop, _info, _config, _vm);
    }

    public void Dispose()
    {
        _server.Dispose();
        _loop.Dispose();
        _folder.Dispose();
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 5000 };
        socket.Connect(new UnixDomainSocketEndPoint(_path));
        Pump();
        return socket;
    }

    private void Pump()
    {
        for (int i = 0; i < 8; i++)
        {
            _loop.RunOnce(0);
        }
    }

    private string Exchange(Socket socket, string request)
    {
        socket.Send(Encoding.UTF8.GetBytes(request));
        return ReadAll(socket);
    }

    /// <summary>Everything the server has to say now.</summary>
    private string ReadAll(Socket socket)
    {
        Pump();
        var text = new StringBuilder();
        byte[] bytes = new byte[65536];
        while (socket.Available > 0)
        {
            text.Append(Encoding.UTF8.GetString(bytes, 0, socket.Receive(bytes)));
            Pump();
        }

        return text.ToString();
    }

    private static bool IsAtEnd(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private (int Status, string Body) Request(string method, string target, string? body = null)
    {
        using Socket socket = Connect();
        string length = body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        string response = Exchange(socket, $"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}");
        int end = response.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (int.Parse(response.AsSpan(9, 3)), response[(end + 4)..]);
    }

    private void Configure()
    {
        Assert.Equal(204, Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}""").Status);
        Assert.Equal(204, Request("PUT", "/drives/rootfs", """{"drive_id":"rootfs","path_on_host":"/r","is_root_device":true}""").Status);
    }

    [Fact]
    public void Get_Root_TellsWhoAndWhetherItRuns()
    {
        Assert.Equal(
            (200, $$"""{"id":"vm-1","state":"Not started","vmm_version":"{{ProductVersion.Text}}","app_name":"MicroVm"}"""),
            Request("GET", "/"));
        _info.State = InstanceState.Paused;
        Assert.Contains("\"Paused\"", Request("GET", "/").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_VersionAndMachineConfig_HaveFirecrackersFields()
    {
        Assert.Equal((200, $$"""{"firecracker_version":"{{ProductVersion.Text}}"}"""), Request("GET", "/version"));
        Assert.Equal(
            (200, """{"vcpu_count":1,"mem_size_mib":128,"smt":false,"track_dirty_pages":false,"huge_pages":"None"}"""),
            Request("GET", "/machine-config"));
    }

    [Fact]
    public void Put_EveryResourceThenStart_StartsWhatWasPut()
    {
        Configure();
        Assert.Equal(204, Request("PUT", "/machine-config", """{"vcpu_count":2,"mem_size_mib":64}""").Status);
        Assert.Equal(204, Request("PUT", "/vsock", """{"guest_cid":3,"uds_path":"/v"}""").Status);
        Assert.Equal(204, Request("PUT", "/entropy", "{}").Status);
        Assert.Equal(204, Request("PUT", "/serial", """{"serial_out_path":"/s"}""").Status);
        Assert.Equal(204, Request("PUT", "/logger", """{"level":"Debug"}""").Status);
        Assert.Equal((204, ""), Request("PUT", "/actions", """{"action_type":"InstanceStart"}"""));
        VmConfig config = Assert.Single(_vm.Started);
        Assert.Equal(("/k", 2, 64, "rootfs"), (config.BootSource.KernelImagePath, config.Machine.VcpuCount, config.Machine.MemSizeMib, config.Drives[0].DriveId));
        Assert.Equal((3u, "/s"), (config.Vsock!.GuestCid, config.Serial!.SerialOutPath));
        Assert.Equal([$"logger {new LoggerConfig(Level: LogLevel.Debug)}"], _vm.Calls);
        Assert.NotNull(config.Entropy);
        Assert.Equal(InstanceState.Running, _info.State);
    }

    [Fact]
    public void Get_VmConfig_IsWhatConfigFileTakes()
    {
        Configure();
        (int status, string body) = Request("GET", "/vm/config");
        Assert.Equal(200, status);
        VmConfig config = VmConfigParser.Parse(Encoding.UTF8.GetBytes(body));
        Assert.Equal(_config.Drives, config.Drives);
        Assert.Equal(_config.BootSource, config.BootSource);
    }

    [Fact]
    public void Put_TheSameDriveTwice_Replaces()
    {
        Configure();
        Assert.Equal(204, Request("PUT", "/drives/rootfs", """{"drive_id":"rootfs","path_on_host":"/other","is_root_device":true}""").Status);
        Assert.Equal("/other", Assert.Single(_config.Drives).PathOnHost);
    }

    [Theory]
    [InlineData("/drives/b", """{"drive_id":"b","path_on_host":"/r","is_root_device":true}""", "Drive config error: A root block device already exists!")]
    [InlineData("/drives/b", """{"drive_id":"c","path_on_host":"/r","is_root_device":false}""", "The id from the path does not match the id from the body!")]
    [InlineData("/machine-config", """{"vcpu_count":99,"mem_size_mib":64}""", "Machine config error: The number of vCPUs must be greater than 0")]
    [InlineData("/machine-config", "", "Empty PUT request.")]
    [InlineData("/machine-config", """{"vcpu_count":1,"mem_size_mib":64} {}""", "machine-config")]
    [InlineData("/vsock", """{"guest_cid":3,"uds_path":"/v","extra":1}""", "unknown field")]
    [InlineData("/actions", """{"action_type":"Explode"}""", "actions.action_type")]
    [InlineData("/actions", """{"action_type":"SendCtrlAltDel"}""", "before starting")]
    [InlineData("/snapshot/create", "{}", "not supported yet")]
    [InlineData("/snapshot/load", "{}", "not supported yet")]
    [InlineData("/actions", "{}", "actions.action_type")]
    [InlineData("/nothing", "{}", "Invalid request method and/or path")]
    public void Put_WhatIsWrong_Is400WithTheReasonAndChangesNothing(string target, string body, string reason)
    {
        Configure();
        (int status, string answer) = Request("PUT", target, body);
        Assert.Equal(400, status);
        Assert.StartsWith("{\"fault_message\":\"", answer, StringComparison.Ordinal);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Single(_config.Drives);
        Assert.Null(_config.Vsock);
        Assert.Empty(_vm.Started);
    }

    [Theory]
    [InlineData("DELETE", "/machine-config")]
    [InlineData("GET", "/boot-source")]
    [InlineData("GET", "/?x")]
    public void Request_ForNoEndpoint_Is400(string method, string target) =>
        Assert.Contains($"Invalid request method and/or path: {method} {target[1..]}.", Request(method, target).Body, StringComparison.Ordinal);

    [Fact]
    public void InstanceStart_WithoutAKernel_Is400()
    {
        (int status, string body) = Request("PUT", "/actions", """{"action_type":"InstanceStart"}""");
        Assert.Equal((400, """{"fault_message":"Start microvm error: Cannot start microvm without kernel configuration."}"""), (status, body));
    }

    [Fact]
    public void InstanceStart_ThatFails_Is400AndCanBeTriedAgain()
    {
        Configure();
        _vm.StartFault = new VmmFaultException(ExitCode.NotAKernel, "/k: expected a kernel, found none");
        Assert.Equal((400, """{"fault_message":"Start microvm error: /k: expected a kernel, found none"}"""), Request("PUT", "/actions", """{"action_type":"InstanceStart"}"""));
        Assert.Equal(InstanceState.NotStarted, _info.State);
        _vm.StartFault = null;
        Assert.Equal(204, Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
    }

    [Fact]
    public void Put_AfterStart_IsFirecrackersRefusal()
    {
        Configure();
        Assert.Equal(204, Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
        const string Refusal = """{"fault_message":"The requested operation is not supported after starting the microVM."}""";
        Assert.Equal((400, Refusal), Request("PUT", "/machine-config", """{"vcpu_count":2,"mem_size_mib":64}"""));
        Assert.Equal((400, Refusal), Request("PUT", "/actions", """{"action_type":"InstanceStart"}"""));
        Assert.Single(_vm.Started);
    }

    [Fact]
    public void Request_InSingleBytes_IsAnswered()
    {
        using Socket socket = Connect();
        foreach (byte b in Encoding.ASCII.GetBytes("PUT /entropy HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"))
        {
            socket.Send([b]);
            _loop.RunOnce(0);
        }

        Assert.StartsWith("HTTP/1.1 204", ReadAll(socket), StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_Pipelined_AreAnsweredInOrder()
    {
        using Socket socket = Connect();
        string answers = Exchange(
            socket,
            "GET /version HTTP/1.1\r\n\r\nPUT /entropy HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET /machine-config HTTP/1.1\r\n\r\n");
        int version = answers.IndexOf("firecracker_version", StringComparison.Ordinal);
        int noContent = answers.IndexOf("204", StringComparison.Ordinal);
        int machine = answers.IndexOf("vcpu_count", StringComparison.Ordinal);
        Assert.True(0 < version && version < noContent && noContent < machine);
    }

    [Fact]
    public void Connection_KeepsAliveUntilAskedToClose()
    {
        using Socket socket = Connect();
        for (int i = 0; i < 5; i++)
        {
            Assert.Contains("keep-alive", Exchange(socket, "GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        }

        Assert.Contains("Connection: close", Exchange(socket, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.True(IsAtEnd(socket));
    }

    [Fact]
    public void Body_OfTheLimit_IsReadAndOneByteMoreIsRefused()
    {
        string body = "{}" + new string(' ', HttpLimits.DefaultMaxBodyBytes - 2);
        using Socket socket = Connect();
        byte[] request = Encoding.ASCII.GetBytes($"PUT /entropy HTTP/1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        for (int sent = 0; sent < request.Length; sent += 8000)
        {
            socket.Send(request.AsSpan(sent, Math.Min(8000, request.Length - sent)));
            Pump();
        }

        Assert.StartsWith("HTTP/1.1 204", ReadAll(socket), StringComparison.Ordinal);
        string answer = Exchange(socket, $"PUT /entropy HTTP/1.1\r\nContent-Length: {HttpLimits.DefaultMaxBodyBytes + 1}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("larger than the limit of 51200", answer, StringComparison.Ordinal);
        Assert.True(IsAtEnd(socket));
    }

    [Fact]
    public void Expect_Continue_IsEncouragedOnce()
    {
        using Socket socket = Connect();
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", Exchange(socket, "PUT /entropy HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
        Assert.Equal("", Exchange(socket, "{"));
        Assert.StartsWith("HTTP/1.1 204", Exchange(socket, "}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_IsRefusedAndTheConnectionClosed()
    {
        using Socket socket = Connect();
        Assert.StartsWith("HTTP/1.1 400", Exchange(socket, "\u0016\u0003\u0001 hello\r\n\r\n"), StringComparison.Ordinal);
        Assert.True(IsAtEnd(socket));
    }

    [Fact]
    public void Client_ThatTakesNoAnswers_IsNotReadFurther()
    {
        using Socket socket = Connect();
        socket.Blocking = false;
        byte[] request = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /vm/config HTTP/1.1\r\n\r\n", 100)));
        int sent = 0;
        try
        {
            while (sent < 64 << 20)
            {
                sent += socket.Send(request);
                Pump();
            }
        }
        catch (SocketException full)
        {
            Assert.Equal(SocketError.WouldBlock, full.SocketErrorCode);
        }

        Assert.True(sent < 64 << 20);
        Assert.Equal(200, Request("GET", "/").Status);
    }

    [Fact]
    public void Clients_MoreThanTheLimit_DisplaceTheQuietest()
    {
        var sockets = new List<Socket>();
        for (int i = 0; i < HttpLimits.MaxConnections + 1; i++)
        {
            sockets.Add(Connect());
        }

        Assert.StartsWith("HTTP/1.1 200", Exchange(sockets[^1], "GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        Assert.True(IsAtEnd(sockets[0]));
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void Dispose_RemovesTheSocketFile()
    {
        Assert.True(File.Exists(_path));
        _server.Dispose();
        Assert.False(File.Exists(_path));
    }

    [Fact]
    public void Bytes_OfAnyKind_NeverEndTheServer()
    {
        string[] pieces =
            ["GET / HTTP/1.1\r\n", "PUT /entropy HTTP/1.1\r\n", "Content-Length: 2\r\n", "Content-Length: 51200\r\n", "\r\n", "{}", "\0", ": ", "PUT"];
        Gen.Select(Gen.Int[0, pieces.Length - 1].Array[1, 12], Gen.Byte.Array[0, 32]).Sample(
            (choices, tail) =>
            {
                using (Socket socket = Connect())
                {
                    socket.Send([.. Encoding.ASCII.GetBytes(string.Concat(choices.Select(i => pieces[i]))), .. tail]);
                    Pump();
                }

                Pump();
                return Request("GET", "/").Status == 200;
            },
            iter: 200,
            threads: 1);
    }
}
