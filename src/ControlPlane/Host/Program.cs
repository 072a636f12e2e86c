using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Hosting;

try
{
    IConfiguration environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
    ControlPlaneOptions options = OptionsReader.Read(args, environment);
    await using ControlPlaneHost host = ControlPlaneHost.Create(options);
    await host.StartAsync();
    Console.WriteLine($"microvm-controlplane ready: api http://{host.ApiEndPoint}, mqtt {host.MqttEndPoint}, data {Path.GetFullPath(options.DataPath)}");
    await host.WaitForShutdownAsync();
    return (int)ExitCode.Success;
}
catch (ControlPlaneConfigurationException e)
{
    await Console.Error.WriteLineAsync($"microvm-controlplane: {e.Message}");
    return (int)e.ExitCode;
}
