using MicroVm.ControlPlane.Host.Api.Agents;
using MicroVm.ControlPlane.Host.Api.Apply;
using MicroVm.ControlPlane.Host.Api.Audit;
using MicroVm.ControlPlane.Host.Api.Bundles;
using MicroVm.ControlPlane.Host.Api.Deployments;
using MicroVm.ControlPlane.Host.Api.Devices;
using MicroVm.ControlPlane.Host.Api.Enrolment;
using MicroVm.ControlPlane.Host.Api.Events;
using MicroVm.ControlPlane.Host.Api.Identities;
using MicroVm.ControlPlane.Host.Api.Images;
using MicroVm.ControlPlane.Host.Api.Logs;
using MicroVm.ControlPlane.Host.Api.Schema;
using MicroVm.ControlPlane.Host.Api.Secrets;
using MicroVm.ControlPlane.Host.Api.Sessions;
using MicroVm.ControlPlane.Host.Api.Status;
using MicroVm.ControlPlane.Host.Api.Telemetry;
using MicroVm.ControlPlane.Host.Api.Tokens;
using MicroVm.ControlPlane.Host.Api.Volumes;
using MicroVm.Shared.Contracts.Enrolment;
using MicroVm.Shared.Contracts.Api;
using System.Text.Json.Serialization.Metadata;

namespace MicroVm.ControlPlane.Host.Api;

/// <summary>Puts the API's services and endpoints together.</summary>
internal static class ApiRouting
{
    internal static void AddApi(this IServiceCollection services)
    {
        services.AddRoutingCore();
        services.AddOpenApi();
        // Otherwise a body that cannot be read is answered without a word.
        services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolver =
            JsonTypeInfoResolver.Combine(ApiJsonContext.Default, EnrolmentJsonContext.Default, new DefaultJsonTypeInfoResolver()));
        services.AddSingleton<ManifestResolver>();
        services.AddSingleton<AuditSubject>();
        services.AddSessions();
    }

    internal static void MapApi(this WebApplication application)
    {
        application.Use(static next => context => ProblemMiddleware.RunAsync(context, next));
        application.Use(static next => context => BrowserGuard.RunAsync(context, next));
        application.UseRouting();
        application.UseAuthentication();
        application.Use(static next => context => AuditMiddleware.RunAsync(context, next));
        application.UseAuthorization();
        application.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        application.MapStatus();
        application.MapApply();
        application.MapDevices();
        application.MapBundles();
        application.MapDeviceSettings();
        application.MapDeployments();
        application.MapDeploymentWatch();
        application.MapRollouts();
        application.MapLogs();
        application.MapSessions();
        application.MapTelemetry();
        application.MapMetrics();
        application.MapSchema();
        application.MapSecrets();
        application.MapVolumes();
        application.MapEvents();
        application.MapImages();
        application.MapAgentReleases();
        application.MapAgentUpdates();
        application.MapEnrolment();
        application.MapEnrolmentTokens();
        application.MapIdentities();
        application.MapFleet();
        application.MapApiTokens();
        application.MapAudit();
    }
}
