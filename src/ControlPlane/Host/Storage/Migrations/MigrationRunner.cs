using Microsoft.Data.Sqlite;
using MicroVm.ControlPlane.Host.Configuration;

namespace MicroVm.ControlPlane.Host.Storage.Migrations;

/// <summary>Brings a database to the newest schema. <c>PRAGMA user_version</c> holds the version that it is at.</summary>
internal static class MigrationRunner
{
    /// <summary>All steps in order.</summary>
    internal static IReadOnlyList<Migration> All { get; } =
    [
        M0001GrainStorage.Step, M0002Directories.Step, M0003Images.Step, M0004Telemetry.Step, M0005ImagePlatforms.Step,
        M0006Selectors.Step, M0007Identity.Step, M0008StopSignals.Step, M0009Events.Step, M0010LogsOnDevices.Step, M0011Secrets.Step,
        M0012Metrics.Step, M0013AgentReleases.Step, M0014Retention.Step,
    ];

    /// <summary>Runs the steps that the database lacks; the caller's transaction makes it all or none.</summary>
    /// <exception cref="ControlPlaneConfigurationException">The database was written by a newer version of this program.</exception>
    internal static void Run(SqliteConnection connection)
    {
        long version = connection.Number("PRAGMA user_version", 0);
        if (version > All.Count)
        {
            throw new ControlPlaneConfigurationException(
                ExitCode.DataDirectory,
                $"database {connection.DataSource}: expected schema version {All.Count} or older, found {version}, written by a newer version");
        }

        foreach (Migration step in All.Skip((int)version))
        {
            connection.Execute(step.Sql);
            connection.Execute($"PRAGMA user_version = {step.Version}");
        }
    }
}
