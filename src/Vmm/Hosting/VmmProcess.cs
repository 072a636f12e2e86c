using MicroVm.Vmm.Control;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail;
using MicroVm.Vmm.Machine;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Hosting;

/// <summary>
/// The process around the one VM, on the main thread:
/// <code>
/// configured --start--> running --guest off, reset, fault--> ended
///     |                    | SIGTERM: power button, once
///     +----- SIGTERM ------+---- SIGINT, second SIGTERM ----> ended
/// </code>
/// </summary>
internal sealed partial class VmmProcess : IDisposable
{
    private readonly CommandLineOptions _options;
    private readonly Logger _logger;
    private readonly EpollLoop _loop = new();
    private readonly VmLifetime _lifetime;
    private readonly StopSignalSource _signals;
    private readonly SystemCallFilters? _filters;
    private readonly InstanceInfo _info;
    private readonly MetadataService _metadata;
    private readonly ApiMetrics _apiMetrics = new();
    private readonly ulong _startWall;
    private readonly ulong _startCpu;
    private ApiServer? _api;
    private MetricsLog? _metrics;
    private StartupMemory? _startupMemory;
    private VirtualMachine? _machine;

    internal VmmProcess(CommandLineOptions options, Logger logger)
    {
        _options = options;
        _startWall = options.StartTimeMicroseconds ?? ProcessClock.WallMicroseconds;
        _startCpu = options.StartTimeCpuMicroseconds ?? ProcessClock.CpuMicroseconds;
        _logger = logger;
        _info = new InstanceInfo(options.Id);
        _metadata = new MetadataService(options.MmdsSizeLimit ?? options.MaxPayloadBytes);
        _lifetime = new VmLifetime(_loop);
        _filters = options.NoSeccomp ? null
            : options.SeccompFilter is null ? SystemCallFilters.BuiltIn()
            : SystemCallFilters.Load(options.SeccompFilter);
        _signals = new StopSignalSource(_loop, OnStopSignal);
    }

    /// <summary>Serves and runs until the end; returns how it ended.</summary>
    /// <exception cref="VmmFaultException">The VM of the configuration file could not be made, or the API not served.</exception>
    internal VmOutcome Run()
    {
        if (_options.MetricsPath is not null)
        {
            OpenMetrics(_options.MetricsPath);
        }

        if (_options.MetadataFile is not null)
        {
            ConfigFile.ReadMetadata(_options.MetadataFile, _metadata.Store);
        }

        VmConfig? config = _options.ConfigFile is null ? null : ConfigFile.Read(_options.ConfigFile);
        if (_options.ApiSocket is not null)
        {
            _api = ServeApi(_options.ApiSocket, config);
            NoteStartup();
            _logger.Info("API is served");
        }

        if (config is not null)
        {
            if (config.Metrics is not null)
            {
                OpenMetrics(config.Metrics.MetricsPath);
            }

            Start(config);
        }

        _loop.Run();
        return _lifetime.Outcome;
    }

    /// <summary>Takes the VM down. When a vCPU cannot be stopped the process must end without releasing what it uses.</summary>
    public void Dispose()
    {
        // A fault of the loop leaves without an outcome; vCPUs stop only when there is one.
        _lifetime.End(new VmOutcome(ExitCode.InternalFault, "process ends"));
        _api?.Dispose();
        _metrics?.Dispose();
        _startupMemory?.Dispose();
        if (_machine is not null && _machine.StopVcpus())
        {
            _machine.Dispose();
        }

        _signals.Dispose();
        _loop.Dispose();
    }

    private ApiServer ServeApi(string path, VmConfig? config)
    {
        VmConfigBuilder builder = new();
        if (config is not null)
        {
            // Started from the file: the API then answers with what it runs, and takes no more configuration.
            Fill(builder, config);
            _info.State = InstanceState.Running;
        }

        return new ApiServer(path, _loop, _info, builder, this, _options.MaxPayloadBytes, _metadata, _apiMetrics);
    }

    /// <summary>How long the start has taken, when whoever started this process says when that was.</summary>
    private void NoteStartup()
    {
        if (_options.StartTimeMicroseconds is { } wall)
        {
            _apiMetrics.StartupMicroseconds = (long)(ProcessClock.WallMicroseconds - wall);
        }

        if (_options.StartTimeCpuMicroseconds is { } cpu)
        {
            _apiMetrics.StartupCpuMicroseconds = (long)(ProcessClock.CpuMicroseconds - cpu);
        }
    }

    private static void Fill(VmConfigBuilder builder, VmConfig config)
    {
        builder.Machine = config.Machine;
        builder.BootSource = config.BootSource;
        builder.Vsock = config.Vsock;
        builder.Entropy = config.Entropy;
        builder.Metrics = config.Metrics;
        builder.Balloon = config.Balloon;
        builder.Mmds = config.Mmds;
        builder.Serial = config.Serial;
        builder.Logger = config.Logger;
        foreach (DriveConfig drive in config.Drives)
        {
            builder.SetDrive(drive, "drives");
        }

        foreach (NetworkInterfaceConfig network in config.NetworkInterfaces)
        {
            builder.SetNetworkInterface(network, "network-interfaces");
        }
    }

    private void Start(VmConfig config)
    {
        if (config.Logger is not null)
        {
            ConfigureLogger(config.Logger);
        }

        _metadata.Config = config.Mmds ?? _metadata.Config;

        // As Firecracker has it: the serial port is standard input and output unless a path takes the output away.
        MachineOptions options = new(
            ReadsStandardInput: config.Serial?.SerialOutPath is null, _metadata, _filters, _options.BootTimer ? (_startWall, _startCpu) : null);
        VirtualMachine machine = VirtualMachine.Create(config, _loop, _lifetime, _logger, options);
        try
        {
            _filters?.InstallOnProcess();
        }
        catch
        {
            machine.Dispose();
            throw;
        }

        _machine = machine;
        _logger.Info("guest started");
        _machine.Start();
        _startupMemory = new StartupMemory(_loop);
    }

    private void OnStopSignal(int number)
    {
        if (_machine is null)
        {
            _lifetime.End(new VmOutcome(ExitCode.Ok, "stopped before a guest was started"));
        }
        else if (number == SignalNumber.Interrupt || !_machine.TryAskToStop())
        {
            _lifetime.End(new VmOutcome(ExitCode.Terminated, "guest ended by signal"));
        }
        else
        {
            _logger.Info("asked the guest to stop");
        }
    }
}
