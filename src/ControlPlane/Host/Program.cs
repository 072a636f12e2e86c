using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Hosting;

try
{
    IConfiguration environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();
    ControlPlaneOptions options = OptionsReader.Read(args, environment);
    await using ControlPlaneHost host = ControlPlaneHost.Create(options);
    await host.StartAsync();
    Console.WriteLine($"microvm-controlplane ready: api https://{host.ApiEndPoint}, mqtts {host.MqttEndPoint}, data {Path.GetFullPath(options.DataPath)}");
    Console.WriteLine($"first admin's token: {host.AdminTokenFile}; certificate of the fleet's authority: {host.AuthorityFile}");
    await host.WaitForShutdownAsync();
    return (int)ExitCode.Success;
}
catch (ControlPlaneConfigurationException e)
{
    await Console.Error.WriteLineAsync($"microvm-controlplane: {e.Message}");
    return (int)e.ExitCode;
}
