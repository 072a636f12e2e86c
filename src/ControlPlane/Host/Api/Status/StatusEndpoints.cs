using System.Reflection;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.Shared.Contracts.Api;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Status;

/// <summary>Health and counters.</summary>
internal static class StatusEndpoints
{
    private static readonly DateTimeOffset s_startedAt = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();

    private static readonly string s_version =
        typeof(StatusEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    internal static void MapStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => Results.Text("ok\n")).AllowAnonymous().WithSummary("Answers when the control plane serves.");
        routes.MapGet(ApiPaths.Root + "/status", Get).WithSummary("Version and gateway counters.").Produces<StatusView>();
    }

    private static IResult Get([FromServices] GatewayCounters counters, [FromServices] ConnectionRegistry connections) =>
        Results.Json(new StatusView(s_version, s_startedAt, connections.Count, counters.ToDictionary()));
}
