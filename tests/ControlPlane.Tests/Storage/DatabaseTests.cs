using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Migrations;

namespace MicroVm.ControlPlane.Tests.Storage;

public sealed class DatabaseTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("microvm-cp-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Open_NewDirectory_HasTheNewestSchemaWalAndFullSync()
    {
        using Database database = Database.Open(DataDirectory.Open(_directory));

        Assert.Equal(MigrationRunner.All.Count, await database.ReadAsync(c => c.Number("PRAGMA user_version", 0)));
        Assert.Equal(2, await database.WriteAsync(c => c.Number("PRAGMA synchronous", 0)));
        Assert.Equal("wal", await database.ReadAsync(c => c.Query("PRAGMA journal_mode", row => row.GetString(0))[0]));
    }

    [Fact]
    public void Migrations_Versions_RiseByOne() =>
        Assert.Equal(Enumerable.Range(1, MigrationRunner.All.Count), MigrationRunner.All.Select(step => step.Version));

    [Fact]
    public async Task Open_DatabaseOfANewerVersion_IsRefusedWithOneLine()
    {
        using (Database database = Database.Open(DataDirectory.Open(_directory)))
        {
            await database.WriteAsync(c => c.Execute("PRAGMA user_version = 99"));
        }

        ControlPlaneConfigurationException e = Assert.Throws<ControlPlaneConfigurationException>(() => Database.Open(DataDirectory.Open(_directory)));

        Assert.Equal(ExitCode.DataDirectory, e.ExitCode);
        Assert.Contains("found 99", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileThatIsNoDatabase_IsRefused()
    {
        DataDirectory directory = DataDirectory.Open(_directory);
        File.WriteAllText(directory.DatabaseFile, string.Concat(Enumerable.Repeat("not a database ", 100)));

        Assert.Equal(ExitCode.DataDirectory, Assert.Throws<ControlPlaneConfigurationException>(() => Database.Open(directory)).ExitCode);
    }

    [Fact]
    public void Open_PathThatIsAFile_IsRefused()
    {
        string file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");

        Assert.Equal(ExitCode.DataDirectory, Assert.Throws<ControlPlaneConfigurationException>(() => DataDirectory.Open(file)).ExitCode);
    }

    [Fact]
    public void Lock_OfADirectoryInUse_IsRefusedUntilItIsLetGo()
    {
        DataDirectory directory = DataDirectory.Open(_directory);
        using (DataDirectoryLock.Take(directory))
        {
            ControlPlaneConfigurationException e = Assert.Throws<ControlPlaneConfigurationException>(() => DataDirectoryLock.Take(directory));
            Assert.Equal(ExitCode.DataDirectory, e.ExitCode);
        }

        DataDirectoryLock.Take(directory).Dispose();
    }

    [Fact]
    public async Task Write_ThatThrows_IsRolledBackAloneAmongOthers()
    {
        using Database database = Database.Open(DataDirectory.Open(_directory));
        Task[] writes = [.. Enumerable.Range(0, 100).Select(i => database.WriteAsync(c =>
        {
            c.Execute("INSERT INTO devices (id) VALUES ($id)", ("$id", $"edge-{i}"));
            return i % 10 == 0 ? throw new InvalidOperationException($"write {i}") : i;
        }))];

        await Task.WhenAll(writes.Select(write => write.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.Equal(10, writes.Count(write => write.IsFaulted));
        Assert.Equal(90, await database.ReadAsync(c => c.Number("SELECT COUNT(*) FROM devices", 0)));
    }

    [Fact]
    public async Task Write_AfterDispose_Throws()
    {
        Database database = Database.Open(DataDirectory.Open(_directory));
        database.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => database.WriteAsync(c => c.Execute("SELECT 1")));
    }
}
