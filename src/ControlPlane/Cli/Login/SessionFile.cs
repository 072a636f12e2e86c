using System.Text.Json;
using MicroVm.ControlPlane.Cli.Hosting;

namespace MicroVm.ControlPlane.Cli.Login;

/// <summary>
/// What <c>mvm login</c> keeps, in a file that its owner alone may read: <c>$MVM_CONFIG</c>, else <c>$XDG_CONFIG_HOME/mvm/login.json</c>,
/// else <c>~/.config/mvm/login.json</c>.
/// </summary>
internal sealed class SessionFile(Func<string, string?> environment)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Path of the file; null when there is no place for it.</summary>
    internal string? Path => environment("MVM_CONFIG") is { Length: > 0 } file ? file
        : environment("XDG_CONFIG_HOME") is { Length: > 0 } config ? System.IO.Path.Combine(config, "mvm", "login.json")
        : environment("HOME") is { Length: > 0 } home ? System.IO.Path.Combine(home, ".config", "mvm", "login.json")
        : null;

    /// <summary>
    /// The session: <c>MVM_SERVER</c>, <c>MVM_TOKEN</c> and <c>MVM_CA</c> (a file) go before what is kept, which counts for the server
    /// that it was made for and for no other.
    /// </summary>
    /// <param name="server">The server of the command line; null for the kept one.</param>
    internal Session Load(string? server)
    {
        Session? kept = Read();
        string address = server ?? kept?.Server ?? "https://127.0.0.1:8443";
        Session session = kept is not null && Same(kept.Server, address) ? kept with { Server = address } : new Session(address, "", "");
        return session with
        {
            Token = environment("MVM_TOKEN") is { Length: > 0 } token ? token : session.Token,
            Authorities = environment("MVM_CA") is { Length: > 0 } file ? ReadText(file) : session.Authorities,
        };
    }

    /// <summary>Keeps a session.</summary>
    internal void Save(Session session)
    {
        string path = Path ?? throw new UsageException("login: expected a home directory or MVM_CONFIG, found neither");
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            string next = path + ".new";
            File.Delete(next);
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (FileStream file = new(next, options))
            {
                JsonSerializer.Serialize(file, session, SessionJsonContext.Default.Session);
            }

            File.Move(next, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"login: expected a file that can be written, found {path}: {e.Message}");
        }
    }

    internal static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: expected a file that can be read: {e.Message}");
        }
    }

    private static bool Same(string one, string other) => one.TrimEnd('/').Equals(other.TrimEnd('/'), StringComparison.OrdinalIgnoreCase);

    private Session? Read()
    {
        try
        {
            return Path is string path && File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllText(path), SessionJsonContext.Default.Session)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException($"{Path}: expected what 'mvm login' wrote: {e.Message}");
        }
    }
}
