using System.Net;
using MicroVm.ControlPlane.Grains;
using MicroVm.ControlPlane.Host.Api;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Gateway;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Grains;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using MQTTnet.AspNetCore;
using Orleans.Configuration;
using Orleans.Storage;
using Serilog;

namespace MicroVm.ControlPlane.Host.Hosting;

/// <summary>Puts the control plane together: silo, gateway and API in one process.</summary>
internal sealed class ControlPlaneHost : IAsyncDisposable
{
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(10);

    private readonly WebApplication _application;
    private readonly Database _database;
    private readonly DataDirectoryLock _lock;
    private readonly Listeners _listeners;

    private ControlPlaneHost(WebApplication application, Database database, DataDirectoryLock held, Listeners listeners)
    {
        (_application, _database, _lock, _listeners) = (application, database, held, listeners);
    }

    /// <summary>Where the API listens, once the host has started.</summary>
    internal IPEndPoint ApiEndPoint => _listeners.Api!.IPEndPoint!;

    /// <summary>Where the gateway listens, once the host has started.</summary>
    internal IPEndPoint MqttEndPoint => _listeners.Mqtt!.IPEndPoint!;

    /// <summary>File of the first admin's token.</summary>
    internal string AdminTokenFile => Services.GetRequiredService<DataDirectory>().AdminToken;

    /// <summary>File of the authorities' certificates, which the API's and the gateway's are of.</summary>
    internal string AuthorityFile => Path.Combine(Services.GetRequiredService<DataDirectory>().Identity, "ca.pem");

    internal IServiceProvider Services => _application.Services;

    /// <summary>Opens the data directory and the database and composes the services; nothing listens yet.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="replace">Replaces services in tests.</param>
    /// <exception cref="ControlPlaneConfigurationException">It cannot run as configured.</exception>
    internal static ControlPlaneHost Create(ControlPlaneOptions options, Action<IServiceCollection>? replace = null)
    {
        ListenProbe.Check("--listen", options.Listen);
        ListenProbe.Check("--mqtt", options.Mqtt);
        DataDirectory directory = DataDirectory.Open(options.DataPath);
        DataDirectoryLock held = DataDirectoryLock.Take(directory);
        Database? database = null;
        try
        {
            database = Database.Open(directory);
            Listeners listeners = new();
            WebApplication application = Compose(options, directory, database, listeners, replace);
            return new ControlPlaneHost(application, database, held, listeners);
        }
        catch
        {
            database?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Starts everything; when it returns both listeners are open.</summary>
    /// <exception cref="ControlPlaneConfigurationException">An address cannot be bound.</exception>
    internal async Task StartAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            // Before anything listens: a control plane that nobody may talk to, or whose keys are lost, is not to start.
            _ = Services.GetRequiredService<Fleet>();
            await Services.GetRequiredService<FirstAdmin>().EnsureAsync();
            await _application.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new ControlPlaneConfigurationException(ExitCode.AddressInUse, $"listen: expected addresses that are free: {e.Message}", e);
        }
    }

    /// <summary>Returns when the process was asked to stop and everything has stopped.</summary>
    internal Task WaitForShutdownAsync() => _application.WaitForShutdownAsync();

    internal Task StopAsync() => _application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _database.Dispose();
        _lock.Dispose();
    }

    private static WebApplication Compose(
        ControlPlaneOptions options, DataDirectory directory, Database database, Listeners listeners, Action<IServiceCollection>? replace)
    {
        // Empty: no configuration file or environment variable can open another listener.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSerilog(HostLogging.Configure);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdownTimeout);
        builder.Services.AddControlPlane(options, directory, database);
        builder.UseOrleans(ConfigureSilo);
        builder.Services.AddBackgroundServices();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listen(kestrel, options, listeners));
        replace?.Invoke(builder.Services);
        WebApplication application = builder.Build();
        application.MapApi();
        return application;
    }

    private static void ConfigureSilo(ISiloBuilder silo)
    {
        // One silo, nobody else's: loopback, a free port, no gateway for other clients. The client in this process needs none.
        silo.UseLocalhostClustering(siloPort: FreePort.OnLoopback(), gatewayPort: 0);
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("microvm", "microvm"));
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            GrainStates.Provider, static (services, _) => new SqliteGrainStorage(services.GetRequiredService<Database>()));
    }

    private static void Listen(KestrelServerOptions kestrel, ControlPlaneOptions options, Listeners listeners)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = ApiLimits.BodyBytes;
        kestrel.Listen(options.Listen, api =>
        {
            listeners.Api = api;
            api.UseHttps(api.ApplicationServices.GetRequiredService<ServerTls>().ForApi());
        });
        kestrel.Listen(options.Mqtt, mqtt =>
        {
            listeners.Mqtt = mqtt;
            IServiceProvider services = mqtt.ApplicationServices;
            ConnectionGate gate = services.GetRequiredService<ConnectionGate>();
            PacketGuard guard = services.GetRequiredService<PacketGuard>();
            mqtt.Use(next => connection => gate.RunAsync(connection, next));
            mqtt.UseHttps(services.GetRequiredService<ServerTls>().ForGateway(gate.Refused));
            mqtt.Use(next => connection => guard.RunAsync(connection, next));
            mqtt.UseMqtt();
        });
    }

    /// <summary>Kestrel writes the address that it really bound into these.</summary>
    private sealed class Listeners
    {
        internal ListenOptions? Api { get; set; }

        internal ListenOptions? Mqtt { get; set; }
    }
}
