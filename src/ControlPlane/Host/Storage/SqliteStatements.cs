using Microsoft.Data.Sqlite;

namespace MicroVm.ControlPlane.Host.Storage;

/// <summary>Short forms of SQLite statements. Parameters are always bound, never spliced into the text.</summary>
public static class SqliteStatements
{
    /// <summary>Runs statements.</summary>
    /// <returns>The number of rows changed.</returns>
    public static int Execute(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Prepare(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Reads every row of a query with <paramref name="row"/>.</summary>
    public static List<T> Query<T>(
        this SqliteConnection connection,
        string sql,
        Func<SqliteDataReader, T> row,
        params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Prepare(connection, sql, parameters);
        using SqliteDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }

    /// <summary>The first column of the first row as a number; <paramref name="missing"/> when there is none or it is null.</summary>
    public static long Number(
        this SqliteConnection connection,
        string sql,
        long missing,
        params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using SqliteCommand command = Prepare(connection, sql, parameters);
        return command.ExecuteScalar() is long number ? number : missing;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant; values come in as parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
