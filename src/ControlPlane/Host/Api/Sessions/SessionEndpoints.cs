using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Api.Logs;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>The two ends of sessions: operators' and devices'.</summary>
internal static class SessionEndpoints
{
    internal static void AddSessions(this IServiceCollection services)
    {
        services.AddSingleton<SessionBroker>();
        services.AddSingleton<SessionNotes>();
        services.AddSingleton<SessionTarget>();
        services.AddSingleton<OperatorSessions>();
        services.AddSingleton<LogSessions>();
    }

    internal static void MapSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiPaths.Session("{device}", "{vm}"), OpenAsync)
            .WithSummary("A session with a VM as a WebSocket: a program, a port or its log; for operators, the log for viewers too.");
        routes.MapGet(ApiPaths.DeviceSession("{session}"), CallBackAsync).RequireAuthorization(AuthSchemes.Device)
            .WithSummary("The device's end of a session that it was told of, as a WebSocket.");
    }

    private static async Task<IResult> OpenAsync(
        string device,
        string vm,
        HttpContext context,
        [FromServices] SessionTarget target,
        [FromServices] SessionBroker broker,
        [FromServices] OperatorSessions sessions,
        [FromServices] TimeProvider time)
    {
        if (!WebSocketUpgrade.IsAskedFor(context))
        {
            return WebSocketUpgrade.Required(context.Response);
        }

        if (await target.FindFaultAsync(device, vm) is SessionFault fault)
        {
            return fault.ToProblem();
        }

        await using BrokeredSession? session = broker.TryReserve(DeviceId.Parse(device), ResourceName.Parse(vm), out SessionFault? full);
        if (session is null)
        {
            return full!.ToProblem();
        }

        await using WebSocketChannel asking = await WebSocketUpgrade.AcceptAsync(context, time);
        await sessions.RunAsync(asking, session, context.User, context.RequestAborted);
        return Results.Empty;
    }

    private static async Task<IResult> CallBackAsync(
        string session, HttpContext context, [FromServices] SessionBroker broker, [FromServices] TimeProvider time)
    {
        if (!WebSocketUpgrade.IsAskedFor(context))
        {
            return WebSocketUpgrade.Required(context.Response);
        }

        DeviceId device = DeviceId.Parse(CallerClaims.DeviceOf(context.User)!);
        if (!Guid.TryParseExact(session, "D", out Guid id) || broker.Take(id, device) is not BrokeredSession found)
        {
            return Problems.Of(StatusCodes.Status404NotFound, "session: expected one that waits for this device, found none: it may have been given up");
        }

        WebSocketChannel channel = await WebSocketUpgrade.AcceptAsync(context, time);
        if (found.TryHandOver(channel))
        {
            await found.Finished;
        }

        await channel.DisposeAsync();
        return Results.Empty;
    }
}
