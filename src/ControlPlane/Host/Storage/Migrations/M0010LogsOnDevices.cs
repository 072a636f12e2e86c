namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>Logs are on the devices and are asked for there; what was kept of them here goes.</summary>
public static class M0010LogsOnDevices
{
    /// <summary>The step.</summary>
    public static Migration Step { get; } = new(10, "DROP TABLE log_lines;");
}
