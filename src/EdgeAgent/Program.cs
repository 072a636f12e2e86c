using MicroVm.EdgeAgent.Hosting;

return await AgentProgram.RunAsync(args, Console.Out, Console.Error);
