-- What wrk sends: a chat completion with the client's credential.
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["Authorization"] = "Bearer bench-client-key"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"model":"bench","messages":[{"role":"system","content":"You are helpful."},' ..
           '{"role":"user","content":"Say something about foxes and dogs."}],"temperature":0.7}'
