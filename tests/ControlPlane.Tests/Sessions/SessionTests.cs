using System.Net;
using System.Net.Http.Json;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Api.Sessions;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace MicroVm.ControlPlane.Tests.Sessions;

/// <summary>Sessions between operators and devices, with both ends played.</summary>
public sealed class SessionTests
{
    private static readonly SessionOpen s_exec = new() { Kind = SessionKind.Exec, Command = ["sh", "-c", "it's"], User = "app", Environment = new Dictionary<string, string> { ["KEY"] = "hidden" } };

    [Fact]
    public async Task Exec_IsCalledBackForAndItsFramesAreCopiedBothWays()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
        (WebSocketChannel answering, SessionOpen open) = await device.TakeSessionAsync(controlPlane);

        await answering.SayAsync(SessionFrameKind.Opened);
        await asking.HearAsync(SessionFrameKind.Opened);
        await asking.SayAsync(SessionFrameKind.Input, "in");
        Assert.Equal("in", await answering.HearAsync(SessionFrameKind.Input));
        byte[] large = new byte[SessionFrame.MaxContentBytes];
        Random.Shared.NextBytes(large);
        await answering.SendAsync(SessionFrameKind.Output, large, default);
        Assert.Equal(large, (await asking.NextAsync()).Content.ToArray());
        await asking.SendAsync(SessionFrameKind.Resize, new byte[] { 0, 24, 0, 80 }, default);
        Assert.Equal(SessionFrameKind.Resize, (await answering.NextAsync()).Kind);
        await answering.SendAsync(SessionFrameKind.Closed, new SessionClosed(3).Encode(), default);

        Assert.Equal(new SessionClosed(3), await asking.EndAsync());
        Assert.True((await answering.ReceiveAsync(default)).IsEmpty);
        Assert.Equal((SessionKind.Exec, "sh -c it's", "app"), (open.Kind, string.Join(' ', open.Command), open.User));
        AuditView note = (await controlPlane.GetAsync(ApiPaths.Audit, ApiJsonContext.Default.ListViewAuditView)).Items[^1];
        Assert.Equal(
            ("first admin", "Admin", "EXEC", "/api/v1/devices/edge-1/vms/hello/session user app with KEY sh -c 'it'\\''s'", 101),
            (note.Actor, note.Role, note.Verb, note.Object, note.Status));
    }

    [Fact]
    public async Task CallBack_OfAnotherDeviceOrTwice_FindsNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
        SessionOrder order = await device.NextOrderAsync(controlPlane);

        (_, HttpResponseMessage? stranger) = await controlPlane.CallBackAsync("edge-2", order.Session);
        (WebSocketChannel? answering, _) = await controlPlane.CallBackAsync("edge-1", order.Session);
        (_, HttpResponseMessage? again) = await controlPlane.CallBackAsync("edge-1", order.Session);
        (_, HttpResponseMessage? madeUp) = await controlPlane.CallBackAsync("edge-1", Guid.NewGuid());

        Assert.Equal(
            (HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (stranger!.StatusCode, again!.StatusCode, madeUp!.StatusCode));
        await answering!.SayAsync(SessionFrameKind.Opened);
        await asking.HearAsync(SessionFrameKind.Opened);
    }

    [Fact]
    public async Task Device_Refuses_TheOperatorIsToldWhy()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
        SessionOrder order = await device.NextOrderAsync(controlPlane);

        await device.PublishAsync(UplinkKind.Reply, new CommandReply(device.NextHeader(), order.Session, CommandKind.OpenSession, "8 sessions are open").Encode());

        Assert.Equal("device 'edge-1' refused: 8 sessions are open", (await asking.EndAsync()).Fault);
    }

    [Fact]
    public async Task Device_DoesNotCallBack_TheOperatorIsToldSo()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync(replace: services => services.AddSingleton<TimeProvider>(new HurriedTime()));
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);

        Assert.StartsWith("device 'edge-1' was asked, but did not call back within 15 s", (await asking.EndAsync()).Fault, StringComparison.Ordinal);
        Assert.True((await asking.ReceiveAsync(default)).IsEmpty);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EitherSide_IsGone_TheOtherIsEnded(bool operatorGoes)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
        (WebSocketChannel answering, _) = await device.TakeSessionAsync(controlPlane);
        await answering.SayAsync(SessionFrameKind.Opened);
        await asking.HearAsync(SessionFrameKind.Opened);

        await (operatorGoes ? asking : answering).DisposeAsync();

        if (operatorGoes)
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => Assert.False((await answering.ReceiveAsync(default).AsTask().Within("end of the device's side")).IsEmpty));
        }
        else
        {
            Assert.StartsWith("the connection to device 'edge-1' broke", (await asking.EndAsync()).Fault, StringComparison.Ordinal);
        }

        await WaitForNoneAsync(controlPlane);
    }

    [Fact]
    public async Task DeviceRevoked_EndsItsSessionsWithTheReason()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
        (WebSocketChannel answering, _) = await device.TakeSessionAsync(controlPlane);
        await answering.SayAsync(SessionFrameKind.Opened);

        DeviceIdentity identity = controlPlane.Identities.Find("edge-1")!;
        await controlPlane.Identities.PutAsync(identity with { State = IdentityState.Revoked });

        Assert.Equal("device 'edge-1' is revoked", (await asking.EndAsync()).Fault);
    }

    [Fact]
    public async Task Host_Stops_BothSidesAreToldWhy()
    {
        RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
        (WebSocketChannel answering, _) = await device.TakeSessionAsync(controlPlane);
        Task<SessionClosed> end = asking.EndAsync();

        Task stop = controlPlane.DisposeAsync().AsTask();

        Assert.Equal("the control plane is stopping", (await end).Fault);
        Assert.True((await answering.ReceiveAsync(default)).IsEmpty);
        Assert.Equal("the control plane is stopping", answering.CloseReason);
        await stop;
    }

    [Fact]
    public async Task Viewer_MayFollowALogAndRunNothing()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        using HttpClient viewer = controlPlane.NewHttp(await TokenAsync(controlPlane, "viewer"));
        await using WebSocketChannel exec = await controlPlane.OpenAsync("edge-1", "hello", s_exec, viewer);

        Assert.Equal("role: expected operator or admin for Exec, found Viewer", (await exec.EndAsync()).Fault);
        await using WebSocketChannel logs = await controlPlane.OpenAsync("edge-1", "hello", new SessionOpen { Kind = SessionKind.Logs, Tail = 1 }, viewer);
        (WebSocketChannel answering, SessionOpen open) = await device.TakeSessionAsync(controlPlane);
        await answering.SayAsync(SessionFrameKind.Opened);
        await logs.HearAsync(SessionFrameKind.Opened);
        Assert.Equal(SessionKind.Logs, open.Kind);
        AuditView note = Assert.Single((await controlPlane.GetAsync(ApiPaths.Audit, ApiJsonContext.Default.ListViewAuditView)).Items, entry => entry.Actor == "viewer");
        Assert.Equal(("EXEC", 403), (note.Verb, note.Status));
    }

    [Fact]
    public async Task WhatCannotBe_IsRefusedBeforeTheUpgradeInWords()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);

        Assert.Equal("device: expected one that is known, found 'edge-9'", await RefusalAsync(controlPlane, "edge-9", "hello", HttpStatusCode.NotFound));
        Assert.Equal("VM: expected one of device 'edge-1', found 'other'", await RefusalAsync(controlPlane, "edge-1", "other", HttpStatusCode.NotFound));
        using HttpResponseMessage plain = await controlPlane.Http.GetAsync(ApiPaths.Session("edge-1", "hello"));
        Assert.Equal(HttpStatusCode.UpgradeRequired, plain.StatusCode);
        await device.DisposeAsync();
        ConnectionRegistry registry = controlPlane.Services.GetRequiredService<ConnectionRegistry>();
        await Eventually.IsAsync(() => registry.Count == 0, "device is offline");
        Assert.Matches(@"^device 'edge-1' is not connected since \d{4}-.*Z$", await RefusalAsync(controlPlane, "edge-1", "hello", HttpStatusCode.ServiceUnavailable));
        await controlPlane.Identities.PutAsync(controlPlane.Identities.Find("edge-1")! with { State = IdentityState.Revoked });
        Assert.Equal("device 'edge-1': expected an enrolled device, found one that is Revoked", await RefusalAsync(controlPlane, "edge-1", "hello", HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Page_OfAnotherOrigin_IsRefused()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        using HttpClient page = controlPlane.NewHttp(controlPlane.AdminToken);
        page.DefaultRequestHeaders.Add("Origin", "https://elsewhere.example");

        Assert.Equal(HttpStatusCode.Forbidden, (await controlPlane.TryOpenAsync("edge-1", "hello", page)).Refusal!.StatusCode);
    }

    [Fact]
    public async Task Sessions_AsManyAsMayBe_TheNextIsRefusedUntilOneEnds()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        List<WebSocketChannel> open = [];
        for (int i = 0; i < SessionLimits.PerDevice; i++)
        {
            open.Add((await controlPlane.TryOpenAsync("edge-1", "hello")).Channel!);
        }

        Assert.StartsWith("device 'edge-1': 16 sessions are open", await RefusalAsync(controlPlane, "edge-1", "hello", HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        foreach (WebSocketChannel channel in open)
        {
            await channel.DisposeAsync();
        }

        await WaitForNoneAsync(controlPlane);
        Assert.NotNull((await controlPlane.TryOpenAsync("edge-1", "hello")).Channel);
    }

    [Fact]
    public async Task Frames_ThatASideMayNotSend_EndTheSessionWithTheReason()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using FakeDevice device = await StartDeviceAsync(controlPlane);
        (Func<WebSocketChannel, WebSocketChannel, Task> Do, string Reason)[] cases =
        [
            ((asking, _) => asking.SayAsync(SessionFrameKind.Output, "x").AsTask(), "whoever asked: session: the asking side may not send Output with 1 bytes in a session of kind Exec"),
            ((asking, _) => asking.SayAsync(SessionFrameKind.Resize, "x").AsTask(), "whoever asked: session: the asking side may not send Resize with 1 bytes in a session of kind Exec"),
            ((asking, _) => asking.SendAsync(new byte[] { 77 }, default).AsTask(), "whoever asked: session frame: expected a kind from 1 to 11, found 77"),
            ((_, answering) => answering.SayAsync(SessionFrameKind.Input, "x").AsTask(), "device 'edge-1': session: the answering side may not send Input with 1 bytes in a session of kind Exec"),
            ((_, answering) => answering.SayAsync(SessionFrameKind.LogEntry, "x").AsTask(), "device 'edge-1': session: the answering side may not send LogEntry with 1 bytes in a session of kind Exec"),
            ((_, answering) => answering.SendAsync(new byte[SessionFrame.MaxContentBytes + 2], default).AsTask(), "device 'edge-1': session: expected messages of at most 65537 bytes, found a longer one"),
        ];
        foreach ((Func<WebSocketChannel, WebSocketChannel, Task> act, string reason) in cases)
        {
            await using WebSocketChannel asking = await controlPlane.OpenAsync("edge-1", "hello", s_exec);
            (WebSocketChannel answering, _) = await device.TakeSessionAsync(controlPlane);
            await act(asking, answering);
            Assert.Equal(reason, (await asking.EndAsync()).Fault);
        }

        await using WebSocketChannel wrong = await controlPlane.OpenAsync("edge-1", "hello", new SessionOpen { Kind = SessionKind.Exec });
        Assert.Equal("session: expected a program, found none", (await wrong.EndAsync()).Fault);
    }

    private static async Task<FakeDevice> StartDeviceAsync(RunningControlPlane controlPlane)
    {
        await controlPlane.ApplyAsync(Samples.Manifest(selector: "{site: none}"));
        return await new FakeDevice("edge-1").StartAsync(controlPlane);
    }

    private static async Task<string> RefusalAsync(RunningControlPlane controlPlane, string device, string vm, HttpStatusCode status)
    {
        (_, HttpResponseMessage? refusal) = await controlPlane.TryOpenAsync(device, vm);
        return (await RunningControlPlane.ProblemAsync(refusal!, status)).Detail!;
    }

    private static Task WaitForNoneAsync(RunningControlPlane controlPlane)
    {
        SessionBroker broker = controlPlane.Services.GetRequiredService<SessionBroker>();
        return Eventually.IsAsync(() => broker.Count == 0, "end of all sessions");
    }

    private static async Task<string> TokenAsync(RunningControlPlane controlPlane, string role)
    {
        using HttpResponseMessage response = await controlPlane.Http.PostAsJsonAsync(
            ApiPaths.ApiTokens, new ApiTokenAsk(role, role, 0), ApiJsonContext.Default.ApiTokenAsk).Within("token");
        return (await response.Content.ReadFromJsonAsync(ApiJsonContext.Default.ApiTokenView))!.Token!;
    }
}
