using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Abstractions.Events;
using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Abstractions.Secrets;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.ControlPlane.Host.Api;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Identity.Keys;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Directories;
using MicroVm.ControlPlane.Host.Storage.Events;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.ControlPlane.Host.Storage.Secrets;
using MicroVm.ControlPlane.Host.Storage.Telemetry;
using MQTTnet.AspNetCore;

namespace MicroVm.ControlPlane.Host.Hosting;

/// <summary>Registers the control plane's own services.</summary>
internal static class ControlPlaneServices
{
    internal static void AddControlPlane(
        this IServiceCollection services, ControlPlaneOptions options, DataDirectory directory, Database database)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(options.Retention);
        services.AddSingleton(directory);
        services.AddSingleton(database);
        services.AddSingleton<SqliteDeviceDirectory>();
        services.AddSingleton<IDeviceDirectory>(static provider => provider.GetRequiredService<SqliteDeviceDirectory>());
        services.AddSingleton<IDeploymentDirectory, SqliteDeploymentDirectory>();
        services.AddSingleton<IImageStore, ImageStore>();
        services.AddSingleton<AgentReleaseStore>();
        services.AddTelemetry();
        services.AddIdentity(options, directory);
        services.AddApiAuthorization(options);
        services.AddGateway();
        services.AddApi();
    }

    private static void AddIdentity(this IServiceCollection services, ControlPlaneOptions options, DataDirectory directory)
    {
        services.AddSingleton(options.Identity);
        services.AddSingleton<DeviceIdentityTable>();
        services.AddSingleton<IDeviceIdentities>(static provider => provider.GetRequiredService<DeviceIdentityTable>());
        services.AddSingleton(provider =>
        {
            DeviceIdentityTable identities = provider.GetRequiredService<DeviceIdentityTable>();
            bool isNew = identities.List().Count == 0 && identities.Unreadable == 0;
            return Fleet.Open(directory, options.Identity, provider.GetRequiredService<TimeProvider>(), isNew);
        });
        services.AddSingleton<IFleetSigner>(static provider => provider.GetRequiredService<Fleet>());
        services.AddSingleton<ICertificateIssuer>(static provider => provider.GetRequiredService<Fleet>());
        services.AddSingleton<IKeyVault>(new FileKeyVault(directory.Identity));
        services.AddSingleton<SecretTable>();
        services.AddSingleton<ISecretSealer>(static provider => provider.GetRequiredService<SecretTable>());
        services.AddSingleton<EnrolmentTokenTable>();
        services.AddSingleton<ApiTokenTable>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<ManufacturerAuthorities>();
        services.AddSingleton<DeviceCertificateRules>();
        services.AddSingleton<ServerNames>();
        services.AddSingleton<ServerTls>();
        services.AddSingleton<FirstAdmin>();
    }

    private static void AddTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<EventFeed>();
        services.AddSingleton<EventStore>();
        services.AddSingleton<IEventLog>(static provider => provider.GetRequiredService<EventStore>());
        services.AddSingleton<EventQueries>();
        services.AddSingleton<TelemetryStore>();
        services.AddSingleton<TelemetryQueries>();
        services.AddSingleton<MetricQueries>();
        services.AddSingleton<IWorkloadErrors, WorkloadErrors>();
    }

    private static void AddGateway(this IServiceCollection services)
    {
        services.AddSingleton<GatewayCounters>();
        services.AddSingleton<ConnectionRegistry>();
        services.AddSingleton<LiveConnections>();
        services.AddSingleton<ConnectionGate>();
        services.AddSingleton<DeviceCommander>();
        services.AddSingleton<DownlinkSender>();
        services.AddSingleton<UplinkRouter>();
        services.AddSingleton<PacketGuard>();
        services.AddSingleton<MqttConnectionHandler>();
    }

    /// <summary>What runs beside requests; started after the silo and before the listeners open, stopped the other way round.</summary>
    internal static void AddBackgroundServices(this IServiceCollection services)
    {
        services.AddHostedService<RetentionService>();
        services.AddHostedService<GatewayService>();
        services.AddHostedService<ReconcileService>();
    }
}
